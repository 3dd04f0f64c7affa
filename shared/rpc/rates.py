"""How often one caller may call: so many a second, more in a short burst, whoever else calls.

The generic cell rate algorithm (ITU-T I.371): one number a caller. The library `limits` takes 7 to 14 µs a call, and
does not say when to come again; this takes less than one.
"""

import math
import time
from collections.abc import Hashable

from shared.errors import PayonceError, Reason

BURST_S = 2.0  # what so many seconds allow may come at once
ROUNDING_S = 1e-6
CALLERS_LIMIT = 100_000  # whoever is pushed out starts afresh


class Rates:
    """`per_s` calls a second each."""

    def __init__(self, per_s: float) -> None:
        self._interval_s = 1 / per_s
        self._ahead_s = max(BURST_S - self._interval_s, 0.0)
        self._due: dict[Hashable, float] = {}  # when a caller's next call is due, were they evenly spaced

    def take(self, caller: Hashable) -> None:
        """Count a call. RATE_LIMITED, with the time to wait, when it is one too many; that one counts for nothing."""
        now = time.monotonic()
        due = max(self._due.get(caller, now), now)
        if (wait_s := due - now - self._ahead_s) > ROUNDING_S:
            raise rate_limited(wait_s)
        if len(self._due) >= CALLERS_LIMIT and caller not in self._due:
            del self._due[next(iter(self._due))]
        self._due[caller] = due + self._interval_s


def rate_limited(wait_s: float) -> PayonceError:
    # In whole tenths, so that a herd of them shares what was written once (`shared.rpc.errors`).
    tenths = max(math.ceil((wait_s - ROUNDING_S) * 10), 1)
    return PayonceError(Reason.RATE_LIMITED, "You call too often; wait, and call again.", retry_after_s=tenths / 10)
