"""What callers notice, under load, of a payment_service that is killed, that is told to stop, of a rolling restart."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence

from faults import books
from faults.recovery.callers import Call, Callers, round_robin, without_retries
from faults.recovery.figures import Figures, Window, percentile
from faults.recovery.fleet import PAYMENTS, Fleet
from faults.recovery.kept import lost, unanswered

CALLERS = 16
# A new process counts as there when so much time has passed since it listened (Kubernetes' minReadySeconds): every
# caller whose connection broke tries again within about a second.
READY_S = 2.0


async def one_of_two_killed(fleet: Fleet, seconds: float, figures: Figures) -> None:
    """SIGKILL for one; so many seconds before, without it, and with a new one."""
    async with Callers("killed", fleet.order, round_robin(fleet.payments)) as callers:
        callers.come(CALLERS)
        await asyncio.sleep(seconds)
        killed = time.monotonic()
        await fleet.kill("payment_service-0")
        await asyncio.sleep(seconds)
        await fleet.begin("payment_service-0")
        back = time.monotonic()
        await asyncio.sleep(seconds)
        await callers.stop()
        calls = callers.calls
    # A call that was under way when it was killed belongs to the time without it.
    before = [call for call in calls if call.ended < killed]
    after = [call for call in calls if call.begun >= back]
    during = [call for call in calls if call.ended >= killed and call.begun < back]
    figures.windows += [
        window("both run", before),
        window("one of two killed", during),
        window("it runs again", after),
    ]
    await _keep_all(fleet, calls, figures)


async def told_to_stop(fleet: Fleet, seconds: float, figures: Figures) -> None:
    """SIGTERM for the only one that these callers know, who don't retry: those in flight must be answered."""
    async with Callers(f"stopped-{time.monotonic_ns()}", fleet.order, without_retries(fleet.payments[0])) as callers:
        callers.come(CALLERS)
        await asyncio.sleep(seconds)
        in_flight = [call for call in callers.calls if not call.status]
        if status := await fleet.terminate("payment_service-0"):
            figures.lost.append(f"payment_service ended with exit status {status} after SIGTERM")
        await callers.stop()
        figures.windows.append(window("in flight at SIGTERM, without retries", in_flight))
        found = await asyncio.to_thread(books.read, fleet.urls)
        figures.lost += unanswered(in_flight, found)
        await fleet.begin("payment_service-0")
        await _keep_all(fleet, callers.calls, figures)


async def rolling_restart(fleet: Fleet, seconds: float, figures: Figures) -> None:
    """SIGTERM for one after the other, each followed by a new one, while callers with retries pay."""
    async with Callers("rolling", fleet.order, round_robin(fleet.payments)) as callers:
        callers.come(CALLERS)
        await asyncio.sleep(seconds)
        for i in range(PAYMENTS):
            await fleet.terminate(f"payment_service-{i}")
            await fleet.begin(f"payment_service-{i}")
            await asyncio.sleep(READY_S)
        await asyncio.sleep(seconds)
        await callers.stop()
        seen = window("rolling restart of both", callers.calls)
        figures.windows.append(seen)
        figures.failed += seen.failed
        await _keep_all(fleet, callers.calls, figures)


def window(what: str, calls: Sequence[Call]) -> Window:
    """The calls of one part."""
    took_ms = [1000 * (call.ended - call.begun) for call in calls] or [0.0]
    statuses = Counter(_said(call) for call in calls)
    return Window(what, dict(statuses), percentile(took_ms, 0.5), percentile(took_ms, 0.99))


async def _keep_all(fleet: Fleet, calls: Sequence[Call], figures: Figures) -> None:
    """Once nothing is unfinished, every acknowledged payment is there."""
    await fleet.calm()
    figures.lost += lost(calls, await asyncio.to_thread(books.read, fleet.urls))


def _said(call: Call) -> str:
    return f"{call.status} {call.reason}".strip() or "nothing"
