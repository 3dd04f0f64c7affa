"""Reading a list page by page."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Self, TypeVar

from google.protobuf.message import Message

R = TypeVar("R", bound=Message)


async def pages(
    method: Callable[[R], Awaitable[Any]],
    request: R,
    field: str,
    between: Callable[[], Awaitable[object]] | None = None,
) -> list[list[Any]]:
    """Every page's `field`. Each but the last is full, and none is empty unless it is the only one.

    `between` happens after each page that another one follows.
    """
    asked: Any = type(request)()
    asked.CopyFrom(request)
    found: list[list[Any]] = []
    while True:
        page = await method(asked)
        found.append(list(getattr(page, field)))
        if not page.next_page_token:
            break
        assert len(found[-1]) == request.page_size  # type: ignore[attr-defined]
        asked.page_token = page.next_page_token
        if between:
            await between()
    assert found[-1] or len(found) == 1
    return found


class Writer:
    """Writes without end while pages are read: `write(1)`, `write(2)`, …"""

    def __init__(self, write: Callable[[int], Awaitable[object]]) -> None:
        self._write = write
        self._wrote = asyncio.Event()
        self._stop = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        await self.more()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await self._task

    async def more(self) -> None:
        """Until one more was written, and the next is under way."""
        self._wrote.clear()
        written = asyncio.create_task(self._wrote.wait())
        await asyncio.wait({written, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            self._task.result()  # what stopped it

    async def _run(self) -> None:
        i = 0
        while not self._stop.is_set():
            await self._write(i := i + 1)
            self._wrote.set()
