"""Time to the first success, after a service was killed and started again, and after a crash of the database."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import grpc

from faults.recovery.callers import given_up
from faults.recovery.figures import Figure
from faults.recovery.fleet import CUSTOMERS, MERCHANT, Fleet
from faults.run import OPTIONS
from payonce.order.v1 import order_service_pb2
from tests.harness.money import TIMEOUT_S, order, pay_once
from tests.harness.stubs import Stubs

EVERY_S = 0.05  # somebody asks so often
LIMIT_S = 60.0
SERVICE, DATABASE, FAILOVER = "service", "database", "failover"
OF_ORDERS = "GetOrder"
CONNECTED, ANEW = "whose connection broke", "who connects anew"
Send = Callable[[], Awaitable[Any]]


async def first_successes(fleet: Fleet, times: int, tick: Callable[[str], None]) -> list[Figure]:
    """Each of them `times` times, with one call after the other on the way."""
    figures: dict[tuple[str, str], list[float]] = {}
    for number in range(times):
        tick(f"restarts, {number + 1} of {times}")
        for name in ("payment_service-0", "order_service"):
            async with _asking(fleet, f"{name}-{number}") as asked:
                began, successes = await _restarted(fleet, name, asked)
            for what, at in successes.items():
                figures.setdefault((SERVICE, f"{name.partition('-')[0]} restarted: {what}"), []).append(at - began)
        async with _asking(fleet, f"database-{number}") as asked:
            began, successes = await _crashed(fleet, asked)
        for what, at in successes.items():
            figures.setdefault((DATABASE, f"database crashed: {what}"), []).append(max(0.0, at - began))
    return [Figure(kind, what, seconds) for (kind, what), seconds in figures.items()]


async def after_failovers(fleet: Fleet, times: int, tick: Callable[[str], None]) -> list[Figure]:
    """The same after a failover: from the SIGKILL of the primary, at which its standby is promoted at once."""
    figures: dict[str, list[float]] = {}
    for number in range(times):
        tick(f"failovers, {number + 1} of {times}")
        await fleet.postgres.attach()
        async with _asking(fleet, f"failover-{number}") as asked:
            await fleet.postgres.in_step()
            await fleet.postgres.crash(signal.SIGKILL)
            began = time.monotonic()
            first = asyncio.create_task(_first_of_each(asked))
            await fleet.postgres.promote()
            for what, at in (await first).items():
                figures.setdefault(f"failover: {what}", []).append(at - began)
    return [Figure(FAILOVER, what, seconds) for what, seconds in figures.items()]


async def _restarted(fleet: Fleet, name: str, asked: dict[str, Send]) -> tuple[float, dict[str, float]]:
    await fleet.kill(name)
    chosen = {what: send for what, send in asked.items() if _concerns(what, name)}
    first = asyncio.create_task(_first_of_each(chosen))
    began = await fleet.begin(name)
    return began, await first


async def _crashed(fleet: Fleet, asked: dict[str, Send]) -> tuple[float, dict[str, float]]:
    await fleet.postgres.crash(signal.SIGKILL)
    first = asyncio.create_task(_first_of_each(asked))
    await fleet.postgres.start()
    return time.monotonic(), await first


def _concerns(what: str, name: str) -> bool:
    """order_service answers by itself; to pay takes both."""
    return name == "order_service" or not what.startswith(OF_ORDERS)


@asynccontextmanager
async def _asking(fleet: Fleet, name: str) -> AsyncIterator[dict[str, Send]]:
    """What is asked until it is answered: an unpaid order of each caller's own."""
    async with AsyncExitStack() as stack:
        stubs = await stack.enter_async_context(_stubs(fleet))
        orders = [f"first-{name}-{i}" for i in range(2)]
        for one in orders:
            await order(stubs, one, 100, customer=CUSTOMERS[0], merchant=MERCHANT)

        asked = order_service_pb2.GetOrderRequest(order_id=orders[0])

        async def pay_anew() -> None:
            async with _stubs(fleet) as fresh:
                await pay_once(fresh, orders[1])

        yield {
            f"PayOrder, by a caller {CONNECTED}": lambda: pay_once(stubs, orders[0]),
            f"PayOrder, by a caller {ANEW}": pay_anew,
            f"{OF_ORDERS}, by a caller {CONNECTED}": lambda: stubs.orders.GetOrder(asked, timeout=TIMEOUT_S),
        }


def _stubs(fleet: Fleet) -> Stubs:
    return Stubs(fleet.order, fleet.payments[0], options=OPTIONS)


async def _first_of_each(asked: dict[str, Send]) -> dict[str, float]:
    async with asyncio.timeout(LIMIT_S):
        moments = await asyncio.gather(*(_first(send) for send in asked.values()))
    return dict(zip(asked, moments, strict=True))


async def _first(send: Send) -> float:
    """When the first call was answered OK; a new one is sent every so often, whatever has become of the others."""
    answered: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def one() -> None:
        try:
            await send()
        except grpc.aio.AioRpcError:
            return  # a later one will be
        if not answered.done():
            answered.set_result(time.monotonic())

    sent: list[asyncio.Task[None]] = []
    try:
        while not answered.done():
            sent.append(asyncio.create_task(one()))
            await asyncio.wait([answered], timeout=EVERY_S)
    finally:
        await given_up(sent)
    return answered.result()
