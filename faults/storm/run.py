"""A storm: wave after wave, while everything is killed in turn; then everything at rest, and an audit."""

import asyncio
import contextlib
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial

from audit.verify import finding_of, verify
from faults.storm.ground import DATABASE, Ground
from faults.storm.kept import lost, missing
from faults.storm.told import Told
from faults.storm.wave import AMOUNT, Shape, Wave

CHANNELS = 3  # to each process


@dataclass(slots=True)
class Passed:
    """What came of it, so far."""

    told: Told = field(default_factory=Told)
    orders: int = 0
    kills: Counter[str] = field(default_factory=Counter)  # of what
    seconds: float = 0.0

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.told.found and not self.told.unexplained

    def last_line(self) -> str:
        """The line for machines."""
        crashes = self.kills[DATABASE]
        return (
            f"storm: attempts={self.told.attempts} answered={self.told.answered.total()} orders={self.orders}"
            f" kills={self.kills.total() - crashes} db_crashes={crashes}"
            f" violations={self.told.found} unexplained={self.told.unexplained.total()}"
        )


async def storm(
    ground: Ground,
    attempts: int,
    every_s: float,
    passed: Passed,
    *,
    shape: Shape,
    tick: Callable[[], None],
    limit_s: float = math.inf,
) -> None:
    """At least so many attempts to pay an order; something is killed `every_s` after the last was. Fills `passed`.

    After `limit_s` no wave begins any more.
    """
    told, begun = passed.told, time.monotonic()
    async with contextlib.AsyncExitStack() as stack:
        await ground.start()
        doors = ground.doors(stack, CHANNELS)
        async with _kills(ground, every_s):
            number = 0
            while True:
                wave = Wave(number := number + 1, shape, doors, told, tick)
                await wave.pass_by()
                passed.orders += shape.orders
                for text in await ground.read(partial(lost, ground.payments, wave.orders.values(), told.payments)):
                    told.violate(text)
                passed.kills, passed.seconds = ground.kills(), time.monotonic() - begun
                if told.attempts >= attempts or passed.seconds > limit_s:
                    break
                told.payments.clear()
        await ground.up()
        await _at_rest(ground, wave, passed)


async def _at_rest(ground: Ground, wave: Wave, passed: Passed) -> None:
    """All is well for good: nothing unfinished, everybody answered, the books right, nothing lost of earlier waves."""
    told = passed.told
    if left := await ground.calm():
        told.violate(f"I16 {left} are unfinished when all has been well for long")
    async with contextlib.AsyncExitStack() as stack:
        await wave.ask_in_peace(ground.doors(stack, 1))
    if told.first > passed.orders:
        told.violate(f"I13 {told.first} answers about {passed.orders} orders were no replays")
    for text in ground.fell():
        told.violate(f"a process that nobody killed has ended: {text}")
    if not ground.kills().total():
        told.violate("nothing was killed: that was no storm")
    for text in await ground.read(partial(missing, ground.payments, passed.orders, AMOUNT)):
        told.violate(text)
    for item in await ground.read(partial(verify, ground.urls, overdue_s=0)):
        finding = finding_of(item)
        if finding.violations:
            told.violate(f"{finding.name}, {finding.violations} of them: {finding.named}")


@contextlib.asynccontextmanager
async def _kills(ground: Ground, every_s: float) -> AsyncIterator[None]:
    """They go on meanwhile; what goes wrong with them ends everything: without them it is no storm."""

    async def on() -> None:
        while True:
            await asyncio.sleep(every_s)
            await ground.kill()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(on())
        yield
        task.cancel()
