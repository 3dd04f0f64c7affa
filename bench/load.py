"""The load generator, a process of its own: `python -m bench.load`, a JSON line in for each round, one out.

One channel to each address, a fixed number of calls in flight, each followed by the next. It tells its own CPU time,
so that it can't hide that it was the limit itself.
"""

import asyncio
import itertools
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import grpc
import uvloop

from bench.calls import SERVICES, Call, caller
from shared.rpc.client import channel

TIMEOUT_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Round:
    """What is asked for. A round ends after `window_s`, or with the last item."""

    kind: str
    address: str
    in_flight: int
    channels: int = 1  # a connection stays with the worker that it was dealt to
    series: str = ""
    first: int = 0  # number of the first item
    repeat: int = 0  # when positive, the items are `first` to `first + repeat` again and again
    items: list[str] = field(default_factory=list)  # when given, the items themselves
    limit: int = sys.maxsize  # of items
    size: int = 1  # payments in an item
    warm_s: float = 0.3
    window_s: float = 1.2


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What came out. The rate and the latencies are of what ended within the window, the rest is of the whole round."""

    rate: float
    p50_ms: float
    p99_ms: float
    done: int
    cpu_s: float
    wall_s: float


class Load:
    """The channels, kept from round to round."""

    def __init__(self) -> None:
        self._channels: dict[tuple[str, int], grpc.aio.Channel] = {}

    async def run(self, asked: Round) -> Measured:
        """One round."""
        channels = [self._channel(asked.address, number) for number in range(asked.channels)]
        return await measure(_in_turn([caller(one, asked.kind, asked.series) for one in channels]), asked)

    def _channel(self, address: str, number: int) -> grpc.aio.Channel:
        if (address, number) not in self._channels:
            self._channels[address, number] = channel(address, SERVICES, timeout_s=TIMEOUT_S, attempts=2)
        return self._channels[address, number]


def _in_turn(calls: Sequence[Call]) -> Call:
    if len(calls) == 1:
        return calls[0]
    turn = itertools.cycle(calls)

    async def call(item: Any) -> None:
        await next(turn)(item)

    return call


async def measure(call: Call, asked: Round) -> Measured:
    """Make the calls that are asked for. The first one that fails ends the round."""
    items = _items(asked)
    ended: list[tuple[float, float]] = []
    cpu, start = time.process_time(), time.perf_counter()
    until = start + asked.warm_s + asked.window_s
    async with asyncio.TaskGroup() as group:
        for _ in range(asked.in_flight):
            group.create_task(_one_after_the_other(call, items, until, ended))
    stop, cpu = time.perf_counter(), time.process_time() - cpu
    return _measured(asked, ended, start, stop, cpu)


async def answer_rounds(run: Callable[[Round], Awaitable[Measured]]) -> None:
    """Read rounds from stdin, a JSON line each, until it ends; write what was measured."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        asked: dict[str, Any] = json.loads(line)
        print(json.dumps(asdict(await run(Round(**asked)))), flush=True)


def _items(asked: Round) -> Iterator[int | str]:
    if asked.items:
        yield from asked.items
        return
    for i in range(asked.limit):
        yield asked.first + (i % asked.repeat if asked.repeat else i) * asked.size


async def _one_after_the_other(
    call: Call, items: Iterator[int | str], until: float, ended: list[tuple[float, float]]
) -> None:
    for item in items:
        start = time.perf_counter()
        if start > until:
            return
        await call(item)
        now = time.perf_counter()
        ended.append((now, now - start))


def _measured(asked: Round, ended: list[tuple[float, float]], start: float, stop: float, cpu_s: float) -> Measured:
    begin, end = start + asked.warm_s, min(stop, start + asked.warm_s + asked.window_s)
    within = [took for at, took in ended if begin <= at <= end] if asked.size == 1 else [took for _, took in ended]
    if not within:
        raise RuntimeError(
            f"no call of {asked.kind} ended within the window of {asked.window_s:g} s after {asked.warm_s:g} s;"
            f" {len(ended)} ended in all"
        )
    if asked.size > 1:  # few and big: the window would cut through them
        begin, end = start, stop
    percentiles = statistics.quantiles(within, n=100, method="inclusive") if len(within) > 1 else within * 99
    return Measured(
        rate=len(within) * asked.size / (end - begin),
        p50_ms=percentiles[49] * 1000,
        p99_ms=percentiles[98] * 1000,
        done=len(ended) * asked.size,
        cpu_s=cpu_s,
        wall_s=stop - start,
    )


async def main() -> None:
    """Until the end of the input."""
    await answer_rounds(Load().run)


if __name__ == "__main__":
    uvloop.run(main())
