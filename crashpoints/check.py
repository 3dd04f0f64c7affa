"""Something that must hold, and something that must come."""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class ViolationError(Exception):
    """Something that must never be."""


def check(holds: bool, otherwise: str) -> None:
    """Raise ViolationError unless it holds."""
    if not holds:
        raise ViolationError(otherwise)


@contextlib.asynccontextmanager
async def within(limit_s: float, otherwise: str) -> AsyncIterator[None]:
    """Raise ViolationError when the body takes longer."""
    try:
        async with asyncio.timeout(limit_s):
            yield
    except TimeoutError:
        raise ViolationError(f"{otherwise} within {limit_s:.0f} s") from None
