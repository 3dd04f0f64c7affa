"""A storm: wave after wave, while everything is killed in turn; then everything at rest, and an audit."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from random import Random

from audit.verify import finding_of, verify
from faults.run import World
from faults.storm.ground import DATABASE, Ground
from faults.storm.kept import lost
from faults.storm.told import Told
from faults.storm.wave import AMOUNT, Shape, Wave

CHANNELS = 3  # to each process


@dataclass(frozen=True, slots=True)
class Passed:
    """What came of it."""

    told: Told
    orders: int
    counts: Counter[str]  # how often each was killed
    seconds: float

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.told.found and not self.told.unexplained

    def last_line(self) -> str:
        """The line for machines."""
        crashes = self.counts[DATABASE]
        return (
            f"storm: attempts={self.told.attempts} answered={self.told.answered} orders={self.orders}"
            f" kills={self.counts.total() - crashes} db_crashes={crashes}"
            f" violations={self.told.found} unexplained={self.told.unexplained.total()}"
        )


async def storm(
    world: World, attempts: int, every_s: float, tick: Callable[[Told], None], *, seed: int = 1, shape: Shape
) -> Passed:
    """At least so many attempts to pay an order; every `every_s` something is killed. `tick` is told how far it is."""
    told, orders, begun = Told(), 0, time.monotonic()
    async with contextlib.AsyncExitStack() as stack:
        ground = Ground(world, Random(seed))
        stack.push_async_callback(ground.close)
        await ground.start()
        doors = ground.doors(stack, CHANNELS)
        async with _kills(ground, every_s):
            number = 0
            while told.attempts < attempts:
                wave = Wave(number := number + 1, shape, doors, told)
                await wave.pass_by()
                tick(told)
                await _settle(ground, wave, told)
                orders += shape.orders
        await ground.up()
        if left := await ground.calm():
            told.violate(f"I16 {left} are unfinished when all has been well for long")
        for death in ground.deaths():
            told.violate(f"a process that nobody killed has ended, {death}")
        for finding in await ground.read(lambda: list(map(finding_of, verify(ground.urls, overdue_s=0)))):
            if finding.violations:
                told.violate(f"{finding.name}: {finding.named}")
    return Passed(told, orders, ground.counts, time.monotonic() - begun)


async def _settle(ground: Ground, wave: Wave, told: Told) -> None:
    """Hold what was told of the wave's orders to the books, and forget it."""
    for text in await ground.read(lambda: list(lost(ground.urls["payments"], wave.orders, told.payments, AMOUNT))):
        told.violate(text)
    told.payments.clear()


@contextlib.asynccontextmanager
async def _kills(ground: Ground, every_s: float) -> AsyncIterator[None]:
    """They go on meanwhile; what goes wrong with them is raised."""

    async def on() -> None:
        while True:
            await asyncio.sleep(every_s)
            await ground.kill()

    task = asyncio.create_task(on())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
