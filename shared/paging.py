"""AIP-158 pagination: page sizes coerced, page tokens opaque."""

import base64
import binascii
import json

from shared.checks import Checks

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 1000


def page_size(checks: Checks, asked: int) -> int:
    """0 means the default, too much means the most; negative is a violation."""
    if asked < 0:
        checks.fail("page_size", "must not be negative")
    return min(asked, MAX_PAGE_SIZE) if asked > 0 else DEFAULT_PAGE_SIZE


def encode_token(*position: str | int) -> str:
    """The place after which the next page starts."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def decode_token(checks: Checks, token: str, shape: tuple[type, ...]) -> list[str | int] | None:
    """The position in `token`, None for an empty one; a violation unless it has this shape."""
    if not token:
        return None
    try:
        position = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, binascii.Error, RecursionError):
        position = None
    if isinstance(position, list) and tuple(map(type, position)) == shape:
        return position
    checks.fail("page_token", "must be a next_page_token that this method returned")
    return None
