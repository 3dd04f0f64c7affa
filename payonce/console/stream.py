"""Server-sent events: a part of a page, sent again whenever it has changed.

The browser connects again by itself; EventSource is made so. Templates draw what is sent, as they drew the page.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.requests import Request
from starlette.responses import StreamingResponse

from payonce.console.parts import Parts, parts

AGAIN_MS = 2_000
STILL_HERE = ": still here\n\n"  # tells us, by failing, that nobody is there any more


def stream(request: Request, draw: Callable[[], Awaitable[str]], *, every_s: float) -> StreamingResponse:
    """What `draw` makes, looked at every so often, until the browser goes, the session or the console ends."""
    return StreamingResponse(
        _events(request, parts(request), draw, every_s),
        media_type="text/event-stream",
        headers={"x-accel-buffering": "no"},  # for a proxy in front
    )


async def _events(
    request: Request, its: Parts, draw: Callable[[], Awaitable[str]], every_s: float
) -> AsyncIterator[str]:
    yield f"retry: {AGAIN_MS}\n\n"
    last = ""
    while not its.stopping.is_set() and its.visits.stands(request.state.visit):
        drawn = await draw()
        yield _event(drawn) if drawn != last else STILL_HERE
        last = drawn
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(its.stopping.wait(), every_s)


def _event(text: str) -> str:
    return "".join(f"data: {line}\n" for line in text.splitlines()) + "\n"
