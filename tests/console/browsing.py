"""A browser's page in which nothing goes wrong unseen: no error, no blocked script, nothing that overflows."""

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Page

PATIENCE_MS = 60_000
SIZES = {"desktop": (1200, 800), "phone": (375, 812)}
LOOKS = [f"{size}-{scheme}" for size in SIZES for scheme in ("light", "dark")]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# `make screenshots` writes these into docs/pictures; another folder gets them all.
DOCS = Path(__file__).parents[2] / "docs" / "pictures"
IN_DOCS = {"overview-desktop-light", "try-it-desktop-light", "try-it-phone-dark", "payment-desktop-light"}
FOLDER = Path(os.environ["SCREENSHOTS"]).resolve() if os.environ.get("SCREENSHOTS") else None


@contextlib.asynccontextmanager
async def watched(context: BrowserContext) -> AsyncIterator[Page]:
    """A page; at the end, nothing may have been complained about. Its context is closed then."""
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    try:
        yield page
    finally:
        await context.close()
    assert wrong == []


async def sound(page: Page) -> None:
    """It fits its window, and axe-core finds nothing that keeps anybody from using it."""
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0, f"{page.url} is {wide} px too wide"
    found = await Axe().run(page, options=RULES)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"


async def picture(page: Page, name: str, look: str) -> None:
    """For docs, and for who looks at them all."""
    file = f"{name}-{look}"
    if FOLDER and (file in IN_DOCS or FOLDER != DOCS):
        FOLDER.mkdir(parents=True, exist_ok=True)
        await page.evaluate("document.activeElement.blur()")
        await page.screenshot(path=FOLDER / f"{file}.png", full_page=True)
