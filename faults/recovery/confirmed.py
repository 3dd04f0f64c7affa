"""How long it takes, once all is well again, until nothing is unconfirmed."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Sequence

from faults.recovery.callers import Callers, round_robin
from faults.recovery.figures import Figure
from faults.recovery.fleet import PAYMENTS, Fleet

CONFIRMED = "confirmed"
CALLERS = 16
WARM_S = 0.5
# A call that was let go of in the middle may still charge, at first, and a payment is noted half a second later.
CALM_S = 1.5
TRIES = 5  # until something was unconfirmed when all was well again
Wait = Callable[[], Awaitable[None]]
Outage = Callable[[Fleet, Wait], Awaitable[None]]


async def until_confirmed(
    fleet: Fleet, outages_s: Sequence[float], times: int, tick: Callable[[str], None]
) -> list[Figure]:
    """Every kind of outage, each of these lengths, so many times, under load."""
    figures = []
    for how, outage in OUTAGES.items():
        for lasts_s in outages_s:
            what = f"{how} for {lasts_s:g} s"
            tick(what)
            took_s = [
                await _one(fleet, outage, lasts_s, f"{how}-{lasts_s}-{i}".replace(" ", "-")) for i in range(times)
            ]
            figures.append(Figure(CONFIRMED, what, took_s))
    return figures


async def _one(fleet: Fleet, outage: Outage, lasts_s: float, name: str) -> float:
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
    raise RuntimeError(f"{name}: nothing was unconfirmed in {TRIES} attempts")


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
