"""All pages, one after the other."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")


def items(read: Callable[[str], Any], take: Callable[[Any], Iterable[T]]) -> Iterator[T]:
    """What stands on the pages that `read` reads: the first with an empty token, the others with the one before's."""
    token = ""
    while True:
        page = read(token)
        for item in take(page):
            yield item
        token = page.next_page_token
        if not token:
            return
