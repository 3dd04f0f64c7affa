"""Both services, looked at once a second; what the last two minutes were."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

import grpc
import httpx

from payonce.console.live.health import Health, Peer
from payonce.console.live.scrape import Reading, scrape

EVERY_S = 1.0
KEPT = 120
SCRAPE_LIMIT_S = 2.0


class State(NamedTuple):
    """How one service does. Without metrics the figures are None."""

    peer: Peer
    serves: bool
    calls_per_s: float | None
    mean_ms: float | None


class Moment(NamedTuple):
    """The figures of one look. Rates are since the look before; `replays` counts from the console's start."""

    charges_per_s: float = 0.0
    replays_per_s: float = 0.0
    replays: float = 0.0
    unconfirmed: float = 0.0
    oldest_s: float = 0.0
    unfinished: float = 0.0


class Watch:
    """Runs beside the console. Nobody has to look for it to go on."""

    def __init__(self, orders: Peer, payments: Peer, credentials: grpc.ChannelCredentials | None = None) -> None:
        self._peers = (orders, payments)
        self._credentials = credentials
        self._before: dict[str, Reading] = {}
        self._at = 0.0
        self._replays = 0.0
        self.states = tuple(State(peer, serves=False, calls_per_s=None, mean_ms=None) for peer in self._peers)
        self.moments: deque[Moment] = deque(maxlen=KEPT)
        self.measured = bool(payments.metrics)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look until the end of the block. The first look is over when it begins."""
        async with httpx.AsyncClient(timeout=SCRAPE_LIMIT_S, trust_env=False) as http:
            healths = [Health(peer.address, self._credentials) for peer in self._peers]
            await self._look(http, healths)
            looking = asyncio.create_task(self._look_on(http, healths))
            try:
                yield
            finally:
                looking.cancel()
                await asyncio.gather(*(health.close() for health in healths))
                with contextlib.suppress(asyncio.CancelledError):
                    await looking

    async def _look_on(self, http: httpx.AsyncClient, healths: Sequence[Health]) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            await self._look(http, healths)

    async def _look(self, http: httpx.AsyncClient, healths: Sequence[Health]) -> None:
        seen = await asyncio.gather(*(self._see(http, *one) for one in zip(self._peers, healths, strict=True)))
        now = time.monotonic()
        passed, self._at = now - self._at, now
        self.states = tuple(_state(peer, one, passed) for peer, one in zip(self._peers, seen, strict=True))
        self.moments.append(self._moment(seen[-1], passed))

    def _moment(self, payments: "Seen", passed_s: float) -> Moment:
        self._replays += payments.grown.replays
        before = self.moments[-1] if self.moments else Moment()
        backlog = payments.now or before
        return Moment(
            charges_per_s=0.0 if payments.fresh else payments.grown.charges / passed_s,
            replays_per_s=0.0 if payments.fresh else payments.grown.replays / passed_s,
            replays=self._replays,
            unconfirmed=backlog.unconfirmed,
            oldest_s=backlog.oldest_s,
            unfinished=backlog.unfinished,
        )

    async def _see(self, http: httpx.AsyncClient, peer: Peer, health: Health) -> "Seen":
        scraping = asyncio.gather(*(scrape(http, address) for address in peer.metrics))
        serves, read = await asyncio.gather(health.serves(), scraping)
        found = {address: one for address, one in zip(peer.metrics, read, strict=True) if one is not None}
        fresh = any(address not in self._before for address in found)
        more = [grown(self._before.get(address), one) for address, one in found.items()]
        self._before |= found
        # Counts add up over processes; the backlog is the same in each, or one of them looked a moment earlier.
        total = Reading(*map(sum, zip(*more, strict=True))) if more else Reading()
        return Seen(serves, total, max(found.values(), key=lambda one: one.oldest_s, default=None), fresh)


class Seen(NamedTuple):
    """Of one service at one look: by how much its counts have grown, and the backlog.

    `fresh`: a process was read for the first time. In what time its counts came together nobody knows, so there are no
    rates.
    """

    serves: bool
    grown: Reading
    now: Reading | None
    fresh: bool = False


def grown(before: Reading | None, now: Reading) -> Reading:
    """A count that is lower than before began anew: the process was restarted."""
    if before is None:
        return now
    return Reading(*(new - old if new >= old else new for old, new in zip(before, now, strict=True)))


def _state(peer: Peer, seen: Seen, passed_s: float) -> State:
    if seen.now is None or seen.fresh:
        return State(peer, serves=seen.serves, calls_per_s=None, mean_ms=None)
    calls = seen.grown.calls
    mean_ms = 1000 * seen.grown.call_seconds / calls if calls else None
    return State(peer, serves=seen.serves, calls_per_s=calls / passed_s, mean_ms=mean_ms)
