"""A soak: warm up, rest, be used and broken for long, rest again; what was held at the two rests is compared."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

from audit.verify import finding_of, verify
from faults import books, judge
from faults.checks.base import Violation
from faults.clients import Clients
from faults.kinds import KINDS
from faults.plan import DEFAULTS, plan
from faults.planned import Plan
from faults.run import Result, World, doors_of, heal, quiet, shake
from faults.shop import open_shop
from faults.soak import bounds
from faults.soak.gauge import Gauge, Key
from faults.soak.report import Soaked
from faults.stage import Stage
from faults.stories import Teller
from faults.watch import Watch

# A process that is killed takes with it what it would have kept for ever: here all of them live from end to end.
DEADLY = ("kill_", "failpoint_", "terminate_", "disk_full", "failover", "clock_jump")
KINDS_THAT_HEAL = [name for name in KINDS if not name.startswith(DEADLY)]
RARER = 20  # than in `make faults`: one every ten seconds
CLIENTS, HERD = 6, 200
DOORS = 4
WARM_S = 5.0
REST_S = 2.0
SAMPLES = 240  # in a soak of any length, but no more than two a second
# By when a connection that went dead without a word has been given up (keepalive: 20 s, and 5 s for an answer).
SETTLE_S = 40.0


def plan_of(seed: int, seconds: float) -> Plan:
    """Faults now and then, all of which heal."""
    drawn = plan(seed, seconds / RARER, KINDS_THAT_HEAL)
    faults = tuple(replace(fault, at_s=fault.at_s * RARER) for fault in drawn.faults)
    return replace(drawn, seconds=seconds, clients=CLIENTS, settings=DEFAULTS, faults=faults)


async def soak(world: World, seed: int, seconds: float, tick: Callable[[str], None]) -> Soaked:
    """Carry it out. `tick` is told what is going on."""
    drawn = plan_of(seed, seconds)
    async with AsyncExitStack() as stack:
        stage = Stage(drawn, world.postgres, world.nursery, None)
        stack.push_async_callback(stage.close)
        await stage.start()
        doors = [[await stack.enter_async_context(stubs) for stubs in doors_of(stage)] for _ in range(DOORS)]
        await open_shop(doors[0][0], drawn.shape)
        teller = Teller(seed, drawn.habits)
        names = [f"orders_{seed}", f"payments_{seed}"]
        watch = Watch(world.postgres.plain(names[1]), time.monotonic())
        gauge = Gauge(stage, world.postgres.plain(names[1]), names)
        warm = Clients(doors, teller, time.monotonic())
        stack.push_async_callback(warm.abandon)
        tick("warming up")
        result = Result(drawn)
        result.violations += await _warm_up(warm, watch)
        baseline = bounds.full(await gauge.rest(REST_S), drawn.shape, drawn.settings)

        stage.began = time.monotonic()
        clients = Clients(doors, teller, stage.began, first=len(warm.stories) + 1)
        stack.push_async_callback(clients.abandon)
        async with _beside(gauge.watch(max(0.5, seconds / SAMPLES))), _beside(_forget(clients, result)):
            await shake(stage, clients, result, tick)
            await heal(stage, clients, watch, result, tick)
        tick("at rest")
        end = await _settled(gauge, baseline)
        result.violations += bounds.judge(baseline, end)
        result.violations += [Violation(f"I20 {how}, by itself") for how in stage.ends()]
        await asyncio.to_thread(_audit, stage, result)
        injected = Counter({name: times for name, times in stage.counts.items() if name in KINDS})
        return Soaked(seconds, result.counts["requests"], injected, gauge.samples, baseline, end, result.violations)


async def _warm_up(clients: Clients, watch: Watch) -> list[Violation]:
    """What is done for the first time is done: code imported, pools filled, channels connected."""
    clients.come(CLIENTS)
    clients.herd(HERD)
    await asyncio.sleep(WARM_S)
    await clients.stop()
    return await quiet(watch, "after warming up")


async def _forget(clients: Clients, result: Result) -> None:
    """Counts the calls, and forgets them: hours of them are more than there is room for."""
    calls = clients.history.calls
    while True:
        try:
            await asyncio.sleep(1.0)
        finally:
            result.counts["requests"] += len(calls)
            calls.clear()
            clients.stories.clear()


@contextlib.asynccontextmanager
async def _beside(coroutine: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """It runs meanwhile; what goes wrong with it is raised."""
    task = asyncio.create_task(coroutine)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _settled(gauge: Gauge, baseline: dict[Key, float]) -> dict[Key, float]:
    """What is held when all of it is back, or when it had time enough."""
    until = time.monotonic() + SETTLE_S
    while True:
        found = await gauge.rest(REST_S)
        if not list(bounds.judge(baseline, found)) or time.monotonic() > until:
            return found


def _audit(stage: Stage, result: Result) -> None:
    found = books.read(stage.urls)
    for item in verify(stage.urls, overdue_s=0):
        result.violations += judge.audited(finding_of(item), found)
