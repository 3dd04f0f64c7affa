"""The console in a real browser: every page at two widths, light and dark; a storm; the keyboard; without scripts."""

import asyncio
import itertools
import os
import random
import re
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.console.browsing import FOLDER, LOOKS, PATIENCE_MS, SIZES, picture, sound, watched
from tests.console.served import Served
from tests.harness.corrections import explain, refund
from tests.harness.money import order, pay, pay_confirmed, seed
from tests.harness.needs import missing
from tests.security.world import Keys

expect.set_options(timeout=PATIENCE_MS)
PRICES = [1_999, 4_250, 899, 12_900, 3_490, 2_575]


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    program = shutil.which("chromium") or missing("no chromium: apt-get install chromium")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        one = await playwright.chromium.launch(executable_path=program, args=arguments)
        yield one
        await one.close()


@pytest.fixture(scope="module")
async def payment_id(plain: Served) -> str:
    """Of an order that was paid, and given back in part."""
    async with plain.stubs() as stubs:
        await seed(stubs, customer="nadia", merchant="bookshop", deposit=20_000)
        await order(stubs, "order-1043", 1_999, customer="nadia", merchant="bookshop")
        await order(stubs, "order-1042", 4_250, customer="nadia", merchant="bookshop")
        made = (await pay_confirmed(stubs, "order-1042")).payment.payment_id
        await refund(stubs, made, 1_250, "refund-1042", reason="One book was missing")
    return made


@pytest.fixture(scope="module", autouse=True)
async def traffic(plain: Served) -> AsyncIterator[None]:
    """For pictures, somebody pays: each order again and again, as callers do who had no answer."""
    if not FOLDER:
        yield
        return
    chance = random.Random(7)

    async def shop() -> None:
        async with plain.stubs() as stubs:
            await seed(stubs, customer="omar", merchant="bookshop", deposit=10**7)
            for number in itertools.count(2000):
                await order(stubs, f"order-{number}", chance.choice(PRICES), customer="omar", merchant="bookshop")
                for _ in range(chance.randint(1, 4)):
                    await pay(stubs, f"order-{number}")
                await asyncio.sleep(chance.expovariate(3.0))

    shopping = asyncio.create_task(shop())
    yield
    shopping.cancel()
    await asyncio.gather(shopping, return_exceptions=True)


@pytest.fixture(params=LOOKS)
def look(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def page(look: str, browser: Browser, plain: Served) -> AsyncIterator[Page]:
    size, scheme = look.split("-")
    width, height = SIZES[size]
    context = await browser.new_context(
        base_url=plain.url,
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    async with watched(context) as one:
        yield one


async def heading(page: Page, text: str) -> None:
    await expect(page.get_by_role("heading", level=1)).to_have_text(text)


@pytest.mark.parametrize("look", ["desktop-light", "phone-dark"], indirect=True)
async def test_the_storm_ends_with_one_charge(page: Page, look: str) -> None:
    await page.goto("/")
    await page.get_by_role("navigation", name="Pages").get_by_role("link", name="Try it").click()
    await heading(page, "Try it")
    await sound(page)
    await page.get_by_role("button", name="Create an order").click()
    await heading(page, "Pay 12.00 EUR")
    await expect(page.locator(".charges .huge")).to_have_text("0")
    for trouble in ("Lose the reply", "Crash the service", "Two tabs"):
        await expect(page.get_by_label(trouble)).to_be_checked()
    for name in ("Press it 20 times at once", "Pay", "Pay"):
        await page.get_by_role("button", name=name, exact=True).click()
    await expect(page.locator("[data-settled=yes]")).to_contain_text(": charged once.")
    await expect(page.locator(".charges .huge")).to_have_text("1")
    await expect(page.locator("[data-announce]")).to_contain_text(": charged once.")
    facts = dict(re.findall(r"(.+)\n(\d+)", await page.locator(".facts").inner_text()))
    assert (facts["Pressed"], facts["Callers"], facts["Have their answer"]) == ("22", "44", "44")
    assert facts["Different payments in them"] == "1"
    assert int(await page.locator(".tally .huge").first.inner_text()) > 44
    await sound(page)
    await picture(page, "try-it", look)
    await page.get_by_role("link", name="order's timeline").click()
    await expect(page.get_by_text("Charged", exact=True)).to_have_count(1)


async def test_click_through_every_page(page: Page, look: str, payment_id: str) -> None:
    pages = page.get_by_role("navigation", name="Pages")
    await page.goto("/")
    await expect(page.get_by_text("serving")).to_have_count(2)
    await sound(page)
    await picture(page, "overview", look)
    await pages.get_by_role("link", name="Orders").click()
    await sound(page)
    await picture(page, "orders", look)
    await page.get_by_label("Customer").fill("nadia")
    await page.get_by_role("button", name="Show").click()
    await page.get_by_role("link", name="order-1042").click()
    await heading(page, "order-1042")
    await sound(page)
    await picture(page, "order", look)
    await page.get_by_role("link", name=f"…{payment_id[-8:]}").first.click()
    await heading(page, payment_id)
    await expect(page.get_by_role("listitem").filter(has_text="Refunded 12.50 EUR")).to_contain_text(
        "One book was missing"
    )
    await sound(page)
    await picture(page, "payment", look)
    await pages.get_by_role("link", name="Payments").click()
    await sound(page)
    await picture(page, "payments", look)
    await pages.get_by_role("link", name="Accounts").click()
    await sound(page)
    await picture(page, "accounts", look)
    await page.get_by_role("link", name="nadia", exact=True).click()
    await heading(page, "nadia")
    await sound(page)
    await picture(page, "account", look)
    await page.get_by_label("Search by any id").fill("nadia")
    await page.keyboard.press("Enter")
    await heading(page, "Search")
    await sound(page)
    await picture(page, "search", look)


async def test_refund_with_its_three_steps(page: Page, look: str, plain: Served, payment_id: str) -> None:
    await page.goto(f"/payments/{payment_id}")
    await page.get_by_role("link", name="Refund…").click()
    await heading(page, "Refund")
    await page.get_by_label("Amount, EUR").fill("0.50")
    await page.get_by_label("Reason").fill("goodwill")
    await sound(page)
    await picture(page, "refund", look)
    await page.get_by_role("button", name="Review").click()
    await heading(page, "Refund 0.50 EUR?")
    await sound(page)
    await picture(page, "review", look)
    async with plain.stubs() as stubs:
        before = len((await explain(stubs, payment_id=payment_id)).refunds)
        await page.get_by_role("button", name="Refund 0.50 EUR").dblclick()
        await expect(page.get_by_role("status").filter(has_text="The refund is made.")).to_be_visible()
        assert len((await explain(stubs, payment_id=payment_id)).refunds) == before + 1
    await sound(page)


@pytest.mark.parametrize("look", ["desktop-light"], indirect=True)
async def test_figures_change_by_themselves_and_come_back(page: Page, plain: Served) -> None:
    await page.goto("/")
    prevented = page.locator(".figure .huge").nth(1)
    before = int(await prevented.inner_text())
    await page.evaluate("window.stayed = true")
    async with plain.stubs() as stubs:
        await seed(stubs, customer="lena")
        await order(stubs, "live-1", customer="lena")
        for _ in range(3):
            await pay(stubs, "live-1")
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while int(await prevented.inner_text()) < before + 2:
            await asyncio.sleep(0.1)
    assert await page.evaluate("window.stayed"), "nothing was loaded anew"


async def test_a_lost_connection_is_said_and_comes_back(browser: Browser, plain: Served) -> None:
    page = await browser.new_page(base_url=plain.url)
    await page.route("**/events", lambda route: route.abort())
    await page.goto("/")
    lost = page.get_by_text("The connection is lost; trying again.")
    await expect(lost).to_be_visible()
    await page.unroute("**/events")
    await expect(lost).to_be_hidden()
    await page.close()


@pytest.mark.parametrize("look", ["desktop-light"], indirect=True)
async def test_by_keyboard(page: Page) -> None:
    await page.goto("/orders")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_label("Status")).to_be_focused()
    assert await page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"


async def test_without_scripts(browser: Browser, plain: Served) -> None:
    context = await browser.new_context(base_url=plain.url, java_script_enabled=False)
    async with watched(context) as page:
        await page.goto("/try-it")
        await page.get_by_role("button", name="Create an order").click()
        await page.get_by_label("Crash the service").uncheck()
        await page.get_by_role("button", name="Pay", exact=True).click()
        await expect(page.locator("noscript p")).to_contain_text("load the page again")
        async with asyncio.timeout(PATIENCE_MS / 1000):
            while not await page.get_by_text(": charged once.").count():
                await page.reload()
        await expect(page.get_by_label("Crash the service")).not_to_be_checked()


async def test_signing_in(browser: Browser, secured: Served, keys: Keys) -> None:
    context = await browser.new_context(base_url=secured.url, ignore_https_errors=True)
    async with watched(context) as page:
        await page.goto("/orders")
        await heading(page, "Sign in")
        await sound(page)
        await picture(page, "sign-in", "desktop-light")
        await page.get_by_label("Token").fill(keys.token("backoffice", "carla"))
        await page.get_by_role("button", name="Sign in").click()
        await heading(page, "Orders")
        await expect(page.get_by_role("banner")).to_contain_text("carla, until")
        await sound(page)
        await page.get_by_role("button", name="Sign out").click()
        await heading(page, "Sign in")
