"""Every page of things, over a real pair: what it shows, how it escapes, what it says when there is nothing."""

import re

import grpc
import pytest

from payonce.order.v1 import order_service_pb2
from tests.console.visitor import Visitor
from tests.harness.corrections import explain, refund, ticket, use
from tests.harness.money import money, order, pay, seed
from tests.harness.stubs import Stubs

HOSTILE = "<script>alert(1)</script>"


async def test_a_payments_timeline_tells_what_explain_payment_tells(visitor: Visitor, stubs: Stubs) -> None:
    await order(stubs, "timeline-1", 1_200)
    payment_id = (await pay(stubs, "timeline-1")).payment.payment_id
    await refund(stubs, payment_id, 250, "timeline-refund", reason=f"one {HOSTILE} missing")
    expected = len((await explain(stubs, payment_id=payment_id)).events)
    page = await visitor.look(f"/payments/{payment_id}")
    told = re.findall(r'<p class="what"><strong>([^<]*)</strong>', page)
    assert {"Charged", "Refunded"} <= set(told)
    assert len(told) >= expected > 1  # a confirmation may have come in between
    assert "Refunded</strong> 2.50 EUR" in page
    assert "21 percent of 12.00 EUR went back" in page
    assert f'href="/payments/{payment_id}/refund"' in page
    assert "one &lt;script&gt;alert(1)&lt;/script&gt; missing" in page
    assert HOSTILE not in page


async def test_an_order_that_was_paid_and_one_that_was_not(visitor: Visitor, stubs: Stubs) -> None:
    for order_id in ("paid-1", "unpaid-1"):
        await order(stubs, order_id, 700)
    paid = await pay(stubs, "paid-1")
    page = await visitor.look("/orders/paid-1")
    assert 'data-state="paid"' in page
    assert f'href="/payments/{paid.payment.payment_id}"' in page
    assert "7.00 EUR" in page
    assert re.search(r'<time datetime="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ">[\d\- :]+ UTC</time>', page)
    assert "No attempt to pay it is recorded." in await visitor.look("/orders/unpaid-1")


async def test_a_declined_attempt_says_why(visitor: Visitor, stubs: Stubs) -> None:
    await seed(stubs, customer="poor", deposit=0)
    await order(stubs, "declined-1", 700, customer="poor")
    with pytest.raises(grpc.aio.AioRpcError):
        await pay(stubs, "declined-1")
    page = await visitor.look("/orders/declined-1")
    assert "Declined" in page
    assert "INSUFFICIENT_FUNDS" in page


async def test_a_payment_by_ticket_has_no_order(visitor: Visitor, stubs: Stubs) -> None:
    made = (await use(stubs, await ticket(stubs, "alice"), "shop", 300)).payment
    assert "a ticket" in await visitor.look(f"/payments/{made.payment_id}")


async def test_an_accounts_statement(visitor: Visitor, stubs: Stubs) -> None:
    await seed(stubs, customer="carl", deposit=5_000)
    await order(stubs, "statement-1", 1_250, customer="carl")
    await pay(stubs, "statement-1")
    page = await visitor.look("/accounts/carl")
    rows = re.findall(
        r"<tr>\s*<td[^>]*>(\d+)</td>\s*<td>(\w+)</td>\s*<td[^>]*>([^<]*)</td>\s*<td[^>]*>([^<]*)</td>", page
    )
    assert rows == [("2", "charge", "−12.50 EUR", "37.50 EUR"), ("1", "deposit", "50.00 EUR", "50.00 EUR")]


async def test_lists_go_on_and_can_be_narrowed(visitor: Visitor, stubs: Stubs) -> None:
    await seed(stubs, customer="many", deposit=10_000)
    made = [f"many-{i:02d}" for i in range(30)]
    for order_id in made:
        await order(stubs, order_id, 10, customer="many")
    await pay(stubs, made[0])
    first = await visitor.look("/orders?customer_id=many")
    older = re.search(r'href="([^"]*)" rel="next"', first)
    assert older
    second = await visitor.look(older[1].replace("&amp;", "&"))
    seen = re.findall(r'href="/orders/(many-\d\d)"', first + second)
    assert seen == list(reversed(made))
    paid = await visitor.look("/orders?customer_id=many&status=ORDER_STATUS_PAID")
    assert re.findall(r'href="/orders/(many-\d\d)"', paid) == [made[0]]
    assert made[0] in await visitor.look("/payments?payer_account_id=many")
    assert 'href="/accounts/many"' in await visitor.look("/accounts?owner_id=many")
    assert "There are no such orders." in await visitor.look("/orders?customer_id=nobody")


async def test_search_leads_to_the_one_thing(visitor: Visitor, stubs: Stubs) -> None:
    await order(stubs, "searched-1", 100)
    payment_id = (await pay(stubs, "searched-1")).payment.payment_id
    for text, path in (("searched-1", "/orders/searched-1"), (payment_id, f"/payments/{payment_id}")):
        answer = await visitor.http.get("/search", params={"q": f" {text} "})
        assert (answer.status_code, answer.headers["location"]) == (303, path)
    both = await visitor.look("/search?q=alice")  # an account, and a customer
    assert 'href="/accounts/alice"' in both
    assert 'href="/orders?customer_id=alice"' in both


@pytest.mark.parametrize("text", ["nobody-knows", HOSTILE, "'; DROP TABLE orders; --", "a" * 5_000, "\u202e\x00é"])
async def test_search_for_what_is_not_there(visitor: Visitor, text: str) -> None:
    answer = await visitor.http.get("/search", params={"q": text})
    assert answer.status_code == 200
    assert "Nothing goes by" in answer.text
    assert HOSTILE not in answer.text


@pytest.mark.parametrize("kind", ["orders", "payments", "accounts"])
@pytest.mark.parametrize(
    "name", ["absent", "0198c0de-0000-7000-8000-000000000000", "%3Cscript%3E", "%22%3E%3Cb%3E", "%00"]
)
async def test_what_is_not_there_is_said_with_its_reason(visitor: Visitor, kind: str, name: str) -> None:
    answer = await visitor.http.get(f"/{kind}/{name}")
    assert answer.status_code in (400, 404)
    assert re.search(r"<code>(INVALID_REQUEST|\w+_NOT_FOUND)</code>", answer.text)
    assert "<script>" not in answer.text
    assert "<b>" not in answer.text


@pytest.mark.parametrize("query", ["status=PAID", "page_token=nonsense"])
async def test_an_address_that_was_made_up(visitor: Visitor, query: str) -> None:
    assert (await visitor.http.get(f"/orders?{query}")).status_code == 400


async def test_hostile_texts_of_an_order_are_shown_as_texts(visitor: Visitor, stubs: Stubs) -> None:
    await stubs.orders.CreateOrder(
        order_service_pb2.CreateOrderRequest(
            order_id="hostile-1",
            customer_id="alice",
            payer_account_id="alice",
            payee_account_id="shop",
            amount=money(1),
            description=f'"> {HOSTILE}',
        )
    )
    page = await visitor.look("/orders/hostile-1")
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
