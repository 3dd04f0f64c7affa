"""A clock for limits that goes no faster than the machine works: a busy machine is no violation."""

import time

STRETCH = 5.0  # by so much a limit may be stretched, and no more: what hangs is found


class Patience:
    """Counts turns: somebody looks, or asks, again and again until something is so, or `limit_s` is over.

    A turn takes `turn_s` at most when nobody else needs the machine. What one takes longer was waited for a processor
    or a disk, by whoever looks as by those who should get on, and does not count.
    """

    def __init__(self, limit_s: float, *, turn_s: float) -> None:
        self._limit_s, self._turn_s = limit_s, turn_s
        self._begun = self._last = time.monotonic()
        self._spent_s = 0.0

    def over(self) -> bool:
        """One more turn has passed: whether that was the last."""
        now = time.monotonic()
        self._spent_s += min(now - self._last, self._turn_s)
        self._last = now
        return self._spent_s > self._limit_s or now - self._begun > STRETCH * self._limit_s
