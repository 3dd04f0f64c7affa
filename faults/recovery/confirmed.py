"""How long it takes, once all is well again, until nothing is unconfirmed."""

import asyncio
import itertools
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from random import Random

from faults.recovery.callers import Callers, round_robin
from faults.recovery.figures import Figure
from faults.recovery.fleet import PAYMENTS, Fleet

CONFIRMED = "confirmed"
CALLERS = 16
WARM_S = 0.5
# A call that was let go of in the middle may still charge, at first, and a payment is noted half a second later.
CALM_S = 1.5
TRIES = 5
Wait = Callable[[], Awaitable[None]]
Outage = Callable[[Fleet, Wait], Awaitable[None]]


async def until_confirmed(
    fleet: Fleet, outages: int, lengths_s: Sequence[float], tick: Callable[[str], None]
) -> list[Figure]:
    """So many outages under load, of every kind in turn. Raises RuntimeError when none left anything unconfirmed."""
    found: dict[str, list[float]] = {}
    for number, (how, lasts_s) in enumerate(planned(outages, lengths_s), 1):
        what = f"{how} for {lasts_s:g} s"
        tick(f"outage {number} of {outages}: {what}")
        took_s = await _one(fleet, OUTAGES[how], lasts_s, f"outage-{number}")
        if took_s is not None:
            found.setdefault(what, []).append(took_s)
    if not found:
        raise RuntimeError(f"nothing was unconfirmed after any of {outages} outages")
    return [Figure(CONFIRMED, what, seconds) for what, seconds in sorted(found.items())]


def planned(outages: int, lengths_s: Sequence[float]) -> list[tuple[str, float]]:
    """Kinds in turn; of each length so many that all lengths take as long together. The same each time."""
    weights = [1 / length_s for length_s in lengths_s]
    drawn = Random("outages").choices(lengths_s, weights, k=outages)
    return list(zip(itertools.cycle(OUTAGES), drawn, strict=False))


async def _one(fleet: Fleet, outage: Outage, lasts_s: float, name: str) -> float | None:
    """How long it took; None when, in TRIES attempts, nothing was unconfirmed when all was well again."""
    for attempt in range(TRIES):
        async with Callers(f"{name}-{attempt}", fleet.order, round_robin(fleet.payments)) as callers:
            callers.come(CALLERS)
            await asyncio.sleep(WARM_S)
            await outage(fleet, lambda: asyncio.sleep(lasts_s))
            healed = time.monotonic()
        # Whoever has no answer has hung up: under load there is always a payment that was just made.
        if fleet.unfinished():
            return max(0.0, await fleet.calm(CALM_S) - healed)
        await fleet.calm(CALM_S)
    return None


async def _order_killed(fleet: Fleet, wait: Wait) -> None:
    await fleet.kill("order_service")
    await wait()
    await fleet.begin("order_service")


async def _order_stopped(fleet: Fleet, wait: Wait) -> None:
    fleet.send("order_service", signal.SIGSTOP)
    await wait()
    fleet.send("order_service", signal.SIGCONT)


async def _payments_killed(fleet: Fleet, wait: Wait) -> None:
    names = [f"payment_service-{i}" for i in range(PAYMENTS)]
    await asyncio.gather(*map(fleet.kill, names))
    await wait()
    await asyncio.gather(*map(fleet.begin, names))


async def _database_crashed(fleet: Fleet, wait: Wait) -> None:
    await fleet.postgres.crash(signal.SIGKILL)
    await wait()
    await fleet.postgres.start()


OUTAGES: dict[str, Outage] = {
    "order_service killed": _order_killed,
    "order_service stopped": _order_stopped,
    "both payment_services killed": _payments_killed,
    "database crashed": _database_crashed,
}
