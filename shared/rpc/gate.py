"""Who may come in: nobody before a service is ready, and nobody once it is to stop."""

import asyncio
from collections.abc import Callable

from shared.errors import PayonceError

# grpc's core drops calls that have arrived and were not taken in yet when the server stops: CANCELLED, without a word.
# So those who still come are refused in words, and the server stops once nobody has come for a while.
QUIET_S = 0.2
QUIET_LIMIT_S = 1.0  # callers that keep coming don't keep it for longer


class Gate:
    """`refuse` makes the answer to those that come while it is closed."""

    def __init__(self, refuse: Callable[[], PayonceError]) -> None:
        self._refuse: Callable[[], PayonceError] | None = refuse
        self._last_refused = 0.0

    def open(self) -> None:
        self._refuse = None

    async def close(self, refuse: Callable[[], PayonceError]) -> None:
        """Refuse whoever comes, and wait until nobody has come for a while; those who are inside stay."""
        self._refuse = refuse
        clock = asyncio.get_running_loop().time
        self._last_refused = clock()  # some may be on their way
        until = clock() + QUIET_LIMIT_S
        while (quiet_at := self._last_refused + QUIET_S) > clock() and clock() < until:  # noqa: ASYNC110
            await asyncio.sleep(quiet_at - clock())

    def pass_through(self) -> None:
        """At the beginning of a call. Raises what a closed gate says."""
        if self._refuse:
            self._last_refused = asyncio.get_running_loop().time()
            raise self._refuse()
