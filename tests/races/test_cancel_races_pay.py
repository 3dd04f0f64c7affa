"""CancelOrder against PayOrder: whoever wins, the order and the money agree."""

import asyncio
from collections import Counter

import grpc

from payonce.order.v1 import order_pb2, order_service_pb2
from tests.harness.answers import reason
from tests.harness.audit import audit, charges, settled
from tests.harness.money import TIMEOUT_S, balance, orders, pay, seed, status
from tests.harness.postgres import Pair, rows
from tests.harness.services import services
from tests.harness.stubs import Stubs

RACES = 500
AT_ONCE = 25
AMOUNT = 7


async def test_500_races_end_paid_or_cancelled_and_never_both(pair: Pair) -> None:
    async with services(pair) as s, Stubs(s.order.address, s.payments[0].address) as stubs:
        await seed(stubs, deposit=RACES * AMOUNT)
        ids = await orders(stubs, RACES, AMOUNT)
        ends: list[str] = []
        for start in range(0, RACES, AT_ONCE):
            chunk = ids[start : start + AT_ONCE]
            ends += await asyncio.gather(*(race(stubs, order_id, i) for i, order_id in enumerate(chunk)))
        await settled(pair)
        audit(pair)

        found = Counter(ends)
        assert set(found) == {"paid", "cancelled"}, found
        assert await balance(stubs, "shop") == found["paid"] * AMOUNT
        assert await balance(stubs, "alice") == found["cancelled"] * AMOUNT
    for order_id, end in zip(ids, ends, strict=True):
        assert_end(pair, order_id, end)


async def race(stubs: Stubs, order_id: str, i: int) -> str:
    """One order; the cancelling call leaves a little earlier or later than the paying one. How the order ends."""
    # Cancelling is one round trip, paying several: some leave first, some arrive in the middle, some come last.
    cancelling, paying = late(stubs, order_id, reads=i % 5), try_pay(stubs, order_id)
    if i % 2:
        cancelled, paid = await asyncio.gather(cancelling, paying)
    else:
        paid, cancelled = await asyncio.gather(paying, cancelling)
    final = await status(stubs, order_id)
    if paid == "OK":
        assert (cancelled, final) == ("ORDER_ALREADY_PAID", order_pb2.ORDER_STATUS_PAID)
        return "paid"
    assert (paid, cancelled, final) == ("ORDER_CANCELLED", "OK", order_pb2.ORDER_STATUS_CANCELLED)
    return "cancelled"


async def late(stubs: Stubs, order_id: str, reads: int) -> str:
    """Cancel after some reads of the order: a delay that is made of round trips."""
    for _ in range(reads):
        await status(stubs, order_id)
    return await try_cancel(stubs, order_id)


async def try_pay(stubs: Stubs, order_id: str) -> str:
    try:
        await pay(stubs, order_id)
    except grpc.aio.AioRpcError as error:
        return reason(error)
    return "OK"


async def try_cancel(stubs: Stubs, order_id: str) -> str:
    try:
        await stubs.orders.CancelOrder(order_service_pb2.CancelOrderRequest(order_id=order_id), timeout=TIMEOUT_S)
    except grpc.aio.AioRpcError as error:
        return reason(error)
    return "OK"


def assert_end(pair: Pair, order_id: str, end: str) -> None:
    """PAID and charged; or CANCELLED with a net of zero on both sides."""
    query = """SELECT coalesce(sum(e.amount_minor) FILTER (WHERE e.account_id = 'alice'), 0),
                      coalesce(sum(e.amount_minor) FILTER (WHERE e.account_id = 'shop'), 0)
                 FROM payments p JOIN entries e USING (payment_id) WHERE p.subject = 'order:' || %s"""
    net = rows(pair.payments_url, query, [order_id])[0]
    if end == "paid":
        assert net == (-AMOUNT, AMOUNT)
        assert charges(pair, order_id) == 1
    else:
        assert net == (0, 0)
