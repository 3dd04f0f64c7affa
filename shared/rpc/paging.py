"""AIP-158 pagination: page sizes coerced, page tokens opaque and good for the same question only."""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from google.protobuf.message import Message

from shared.checks import Checks
from shared.rpc.fields import named_fields

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 1000
NO_TOKEN = "must be a next_page_token that this method returned for the same question"  # noqa: S105 - not that kind
Position = list[Any]
# For each part of a position, what reads it from the token: int, UUID, …; ValueError or TypeError when it is not one.
Shape = tuple[Callable[[Any], Any], ...]
R = TypeVar("R")


class Page:
    """The page that a List request asks for. `after` is the position of the row before it, None for the first page."""

    def __init__(self, checks: Checks, request: Any, shape: Shape) -> None:
        if request.page_size < 0:
            checks.fail("page_size", "must not be negative")
        self.size = min(request.page_size, MAX_PAGE_SIZE) if request.page_size > 0 else DEFAULT_PAGE_SIZE
        self._question = _question(request)
        self.after: Position | None = None
        if request.page_token:
            self.after = self._read(request.page_token, shape)
            if self.after is None:
                checks.fail("page_token", NO_TOKEN)

    @property
    def limit(self) -> int:
        """How many rows to read: one more than the page tells whether another page follows."""
        return self.size + 1

    def cut(self, rows: Sequence[R], position: Callable[[R], Sequence[Any]]) -> tuple[Sequence[R], str]:
        """The rows of this page, and the token of the next one; empty when this is the last."""
        page = rows[: self.size]
        if len(rows) <= self.size:
            return page, ""
        token = json.dumps([self._question, *position(page[-1])], default=str)
        return page, base64.urlsafe_b64encode(token.encode()).decode()

    def _read(self, token: str, shape: Shape) -> Position | None:
        try:
            question, *position = json.loads(base64.urlsafe_b64decode(token.encode()))
            if question == self._question and len(position) == len(shape):
                return [read(value) for read, value in zip(shape, position, strict=True)]
        except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError):
            pass
        return None


def _question(request: Message) -> str:
    """What is asked, and of which method, pages aside."""
    fields = named_fields(request, without=("page_size", "page_token"))
    asked = [request.DESCRIPTOR.full_name, fields]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
