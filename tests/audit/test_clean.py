"""What the services leave is in order: at rest, and at any moment of their work."""

import asyncio
import itertools
from collections.abc import Awaitable

import grpc

from payonce.order.v1 import order_service_pb2
from tests.audit.world import Actions
from tests.harness.audit import at_rest, audit, violations
from tests.harness.money import TIMEOUT_S, order, pay, seed
from tests.harness.postgres import Pair, rows
from tests.harness.services import services
from tests.harness.stubs import Stubs

AUDITS = 12
CALLERS = 8
EXPECTED = (
    grpc.StatusCode.FAILED_PRECONDITION,  # two who want different things of one order
    grpc.StatusCode.UNAVAILABLE,  # as much, met at the same row
)


def test_a_world_at_rest_is_in_order(world: Pair) -> None:
    states = {state for (state,) in rows(world.payments_url, "SELECT DISTINCT state FROM payments")}
    assert states == {"authorized", "succeeded", "declined", "reversed", "refunded", "voided"}
    statuses = {status for (status,) in rows(world.payments_url, "SELECT DISTINCT status FROM tickets")}
    assert statuses == {"unused", "used", "expired"}
    audit(world)


async def test_every_moment_under_load_is_in_order(pair: Pair) -> None:
    done = asyncio.Event()
    async with services(pair, payment_processes=2) as both:
        addresses = [payment.address for payment in both.payments]
        async with Stubs(both.order.address, addresses[0]) as one, Stubs(both.order.address, addresses[1]) as two:
            await seed(one, deposit=10_000_000)
            callers = [asyncio.create_task(_traffic(i, (one, two), done)) for i in range(CALLERS)]
            try:
                for _ in range(AUDITS):
                    found = await asyncio.to_thread(violations, pair, overdue_s=30)
                    assert found == {}
            finally:
                done.set()
                await asyncio.gather(*callers)
        await at_rest(pair)
    audit(pair)
    ended = {status for (status,) in rows(pair.orders_url, "SELECT DISTINCT status FROM orders")}
    assert ended == {"paid", "cancelled", "refunded"}


async def _traffic(caller: int, pair: tuple[Stubs, Stubs], done: asyncio.Event) -> None:
    """Orders that are paid, cancelled meanwhile, refunded, reversed, reserved; by two processes at once."""
    one, two = (Actions(stubs) for stubs in pair)
    for turn in itertools.count():
        if done.is_set():
            return
        name = f"{caller}-{turn}"
        await order(one.stubs, name)
        match turn % 4:
            case 0:
                await _all(pay(one.stubs, name), _cancel(two, name))
            case 1:
                await _all(pay(one.stubs, name), two.reverse(order_id=name))
            case 2:
                payment_id = (await pay(one.stubs, name)).payment.payment_id
                await _all(one.refund(payment_id, 600, f"{name}-1"), two.refund(payment_id, 400, f"{name}-2"))
                await _all(one.refund(payment_id, 400, f"{name}-3"), two.reverse(payment_id=payment_id))
            case _:
                payment_id = await one.authorized(f"{name}-held")
                await _all(pay(one.stubs, name), one.capture(payment_id, 700), two.void(payment_id))
                ticket = await one.ticket(50)
                await _all(one.use(ticket, 50), two.use(ticket, 50), two.reverse(ticket=ticket))


async def _cancel(actions: Actions, order_id: str) -> None:
    request = order_service_pb2.CancelOrderRequest(order_id=order_id)
    await actions.stubs.orders.CancelOrder(request, timeout=TIMEOUT_S)


async def _all(*calls: Awaitable[object]) -> None:
    for outcome in await asyncio.gather(*calls, return_exceptions=True):
        if isinstance(outcome, grpc.aio.AioRpcError) and outcome.code() in EXPECTED:
            continue
        if isinstance(outcome, BaseException):
            raise outcome
