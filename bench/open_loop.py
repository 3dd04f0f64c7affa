"""The load generator of an open loop: `python -m bench.open_loop`, a JSON line in for each offer, one out.

PayOrder calls start when a schedule says so, whether or not those before them have ended: a slow service does not get
fewer of them. Latency counts from the scheduled moment, so that a start that came late is not hidden.
"""

import asyncio
import json
import math
import random
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field

import grpc
import uvloop
from google.rpc import error_details_pb2, status_pb2

from bench.calls import SERVICES, caller
from shared.rpc.client import CONNECT

TIMEOUT_S = 60.0
# Started in one go at most; between them answers are read.
BURST = 32
SEED = 1


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What is to be offered. The items are orders of the series from `first` on; one that is refused comes again."""

    address: str
    series: str
    first: int
    rate: float
    window_s: float
    # A call that would be one more in flight, or later than this, is not offered; answers tell how many were.
    in_flight_limit: int = sys.maxsize
    late_limit_s: float = math.inf


@dataclass(kw_only=True)
class Answers:
    """What came of it. Each call is (scheduled second, seconds until its answer)."""

    used: int = 0  # orders from `first` on
    started: int = 0
    drain_s: float = 0.0  # from the end of the window to the last answer
    accepted: list[tuple[float, float]] = field(default_factory=list)
    refused: list[tuple[float, float]] = field(default_factory=list)
    without_retry_info: int = 0  # of those refused
    failed: dict[str, int] = field(default_factory=dict)  # by status, other than refusals


class OpenLoop:
    """One offer."""

    def __init__(self, channel: grpc.aio.Channel, offer: Offer) -> None:
        self._call = caller(channel, "pay", offer.series)
        self._offer = offer
        self._again: deque[int] = deque()
        self._under_way: set[asyncio.Task[None]] = set()
        self._answers = Answers()

    async def run(self) -> Answers:
        """Offer until the window is over; wait for what is under way."""
        gaps = random.Random(SEED)  # noqa: S311 - arrivals, no secrets
        self._start = time.perf_counter()
        due_s, burst = 0.0, 0
        while (due_s := due_s + gaps.expovariate(self._offer.rate)) < self._offer.window_s:
            burst += 1
            early_s = due_s - self._now_s()
            if early_s > 0 or burst > BURST:
                burst = 0
                await asyncio.sleep(max(0.0, early_s))
            if self._may_start(due_s):
                task = asyncio.create_task(self._pay(due_s))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
        while self._under_way:
            await asyncio.wait(self._under_way)
        self._answers.drain_s = max(0.0, self._now_s() - self._offer.window_s)
        return self._answers

    def _may_start(self, due_s: float) -> bool:
        late_s = self._now_s() - due_s
        return late_s <= self._offer.late_limit_s and len(self._under_way) < self._offer.in_flight_limit

    async def _pay(self, due_s: float) -> None:
        answers, n = self._answers, self._next()
        answers.started += 1
        try:
            await self._call(n)
        except grpc.aio.AioRpcError as error:
            if error.code() != grpc.StatusCode.RESOURCE_EXHAUSTED:
                name = f"{error.code().name}: {error.details()}"[:80]
                answers.failed[name] = answers.failed.get(name, 0) + 1
                return
            answers.refused.append((due_s, self._now_s() - due_s))
            answers.without_retry_info += not _has_retry_info(error)
            self._again.append(n)
        else:
            answers.accepted.append((due_s, self._now_s() - due_s))

    def _next(self) -> int:
        if self._again:
            return self._again.popleft()
        self._answers.used += 1
        return self._offer.first + self._answers.used - 1

    def _now_s(self) -> float:
        return time.perf_counter() - self._start


def _has_retry_info(error: grpc.aio.AioRpcError) -> bool:
    details = dict(error.trailing_metadata()).get("grpc-status-details-bin", b"")
    status = status_pb2.Status.FromString(details)
    return any(detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR) for detail in status.details)


def _channel(address: str) -> grpc.aio.Channel:
    """A channel with deadlines and without a retry policy: a refusal is seen, not slept over."""
    method = {"name": [{"service": name} for name in SERVICES], "timeout": f"{TIMEOUT_S}s"}
    options = [*CONNECT, ("grpc.service_config", json.dumps({"methodConfig": [method]}))]
    return grpc.aio.insecure_channel(address, options=options)


async def answer_offers(run: Callable[[Offer], Awaitable[Answers]]) -> None:
    """Read offers from stdin, a JSON line each, until it ends; write what came of each."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(asdict(await run(Offer(**json.loads(line))))), flush=True)


async def main() -> None:
    """Until the end of the input."""

    async def run(offer: Offer) -> Answers:
        async with _channel(offer.address) as channel:
            return await OpenLoop(channel, offer).run()

    await answer_offers(run)


if __name__ == "__main__":
    uvloop.run(main())
