"""Who may come in: nobody before a service is ready, and nobody once it is to stop."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator

from shared.errors import PayonceError

# grpc's core drops calls that have arrived and were not taken in yet when the server stops: CANCELLED, without a word.
# So those who still come are refused in words, and the server stops once nobody has come for a while.
QUIET_S = 0.05
QUIET_LIMIT_S = 1.0  # callers that keep coming don't keep it for longer


class Gate:
    """Counts the calls inside. `refuse` makes the answer to those that come while it is closed."""

    def __init__(self, refuse: Callable[[], PayonceError]) -> None:
        self._refuse: Callable[[], PayonceError] | None = refuse
        self._inside = 0
        self._empty = asyncio.Event()
        self._empty.set()
        self._last_refused = 0.0

    def open(self) -> None:
        self._refuse = None

    def close(self, refuse: Callable[[], PayonceError]) -> None:
        """From now on; those who are on their way in count as refused just now."""
        self._refuse = refuse
        self._last_refused = asyncio.get_running_loop().time()

    @contextlib.contextmanager
    def passed(self) -> Iterator[None]:
        """Around a call. Raises what a closed gate says."""
        if self._refuse:
            self._last_refused = asyncio.get_running_loop().time()
            raise self._refuse()
        self._inside += 1
        self._empty.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._empty.set()

    async def drained(self, grace_s: float) -> None:
        """Wait until nobody is inside, for `grace_s` at most; then until nobody has come for a while."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), grace_s)
        clock = asyncio.get_running_loop().time
        until = clock() + QUIET_LIMIT_S
        while (quiet_at := self._last_refused + QUIET_S) > clock() and clock() < until:  # noqa: ASYNC110
            await asyncio.sleep(quiet_at - clock())
