"""All pages, one after the other."""

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def items(read: Callable[[str], Any], take: Callable[[Any], Iterable[T]]) -> AsyncIterator[T]:
    """What stands on the pages that `read` reads: the first with an empty token, the others with the one before's."""
    token = ""
    while True:
        page = await read(token)
        for item in take(page):
            yield item
        token = page.next_page_token
        if not token:
            return
