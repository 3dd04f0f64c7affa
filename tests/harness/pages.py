"""Reading a list page by page."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from google.protobuf.message import Message

R = TypeVar("R", bound=Message)


async def pages(method: Callable[[R], Awaitable[Any]], request: R, field: str) -> list[list[Any]]:
    """Every page's `field`. Each but the last is full, and none is empty unless it is the only one."""
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
    assert found[-1] or len(found) == 1
    return found
