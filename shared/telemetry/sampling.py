"""Which calls that come without a trace begin one. Decided at the head: what follows, here and elsewhere, obeys."""

import time
from random import random

A_SECOND = 1  # of each process, unless a ratio is set


class Sampling:
    """A part of them, `ratio`; where that is None, all up to `a_second`: then the cost does not grow with the load.

    With batches a ratio is dearer than it looks: of 80 payments that travel together one is recorded in every second
    batch when one in a hundred is, and then all that is done for the batch is.
    """

    def __init__(self, ratio: float | None = None, *, a_second: int = A_SECOND) -> None:
        self._ratio = ratio
        self._a_second = self._left = a_second
        self._until = 0.0

    def begins(self) -> bool:
        """Whether this call does."""
        if self._ratio is not None:
            return random() < self._ratio  # noqa: S311 - no secret
        if (now := time.monotonic()) >= self._until:
            self._left, self._until = self._a_second, now + 1
        if self._left == 0:
            return False
        self._left -= 1
        return True
