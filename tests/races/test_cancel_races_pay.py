"""CancelOrder against PayOrder: whoever wins, the order and the money agree. Judged when everything is at rest."""

import asyncio
from collections import Counter

import grpc

from payonce.order.v1 import order_service_pb2
from tests.harness.answers import reason
from tests.harness.audit import at_rest, audit, charges
from tests.harness.books import nets, transfers
from tests.harness.locks import held, somebody_waits
from tests.harness.money import TIMEOUT_S, balance, orders, pay, seed, status
from tests.harness.postgres import Pair, rows
from tests.harness.retries import retried
from tests.harness.services import services
from tests.harness.stubs import Stubs

RACES = 500
STEERED = 20
AT_ONCE = 24
AMOUNT = 7
ROW = "SELECT FROM accounts WHERE account_id = 'alice' FOR UPDATE"
# The answers that each end allows. UNCONFIRMED promised only that the money had moved: either end may follow.
ALLOWED = {
    "paid": {("OK", "ORDER_ALREADY_PAID"), ("UNCONFIRMED", "ORDER_ALREADY_PAID")},
    "cancelled": {("ORDER_CANCELLED", "OK"), ("UNCONFIRMED", "OK")},
}


async def test_500_races_end_paid_or_cancelled_and_never_both(pair: Pair) -> None:
    async with services(pair) as s, Stubs(s.order.address, s.payments[0].address) as stubs:
        await seed(stubs, deposit=RACES * AMOUNT)
        ids = await orders(stubs, RACES, AMOUNT)
        free = ids[:-STEERED]
        answers: list[tuple[str, str]] = []
        for start in range(0, len(free), AT_ONCE):
            chunk = free[start : start + AT_ONCE]
            answers += await asyncio.gather(*(race(stubs, order_id, i) for i, order_id in enumerate(chunk)))
        answers += [await cancel_overtakes(pair, stubs, order_id) for order_id in ids[-STEERED:]]
        await at_rest(pair)
        audit(pair)
        ends = assert_ends(pair, dict(zip(ids, answers, strict=True)))
        assert await balance(stubs, "shop") == ends["paid"] * AMOUNT
        assert await balance(stubs, "alice") == ends["cancelled"] * AMOUNT
    assert set(ends) == {"paid", "cancelled"}, ends
    assert transfers(pair, "reversal") > 0


async def race(stubs: Stubs, order_id: str, i: int) -> tuple[str, str]:
    """The answers of PayOrder and CancelOrder; the cancelling call leaves a little earlier or later."""
    # Cancelling is one round trip, paying several: some leave first, some arrive in the middle, some come last.
    cancelling, paying = late(stubs, order_id, reads=i % 5), try_pay(stubs, order_id)
    if i % 2:
        cancelled, paid = await asyncio.gather(cancelling, paying)
    else:
        paid, cancelled = await asyncio.gather(paying, cancelling)
    return paid, cancelled


async def cancel_overtakes(pair: Pair, stubs: Stubs, order_id: str) -> tuple[str, str]:
    """The cancel comes when the payment has seen the order UNPAID and has not moved the money yet."""
    with held(pair.payments_url, ROW):
        paying = asyncio.ensure_future(try_pay(stubs, order_id))
        await somebody_waits(pair.payments_url)
        cancelled = await try_cancel(stubs, order_id)
    return await paying, cancelled


async def late(stubs: Stubs, order_id: str, reads: int) -> str:
    """Cancel after some reads of the order: a delay that is made of round trips."""
    for _ in range(reads):
        await status(stubs, order_id)
    return await try_cancel(stubs, order_id)


async def try_pay(stubs: Stubs, order_id: str) -> str:
    try:
        answer = await pay(stubs, order_id)
    except grpc.aio.AioRpcError as error:
        return reason(error)
    return "OK" if answer.order_confirmed else "UNCONFIRMED"


async def try_cancel(stubs: Stubs, order_id: str) -> str:
    request = order_service_pb2.CancelOrderRequest(order_id=order_id)
    try:
        await retried(lambda: stubs.orders.CancelOrder(request, timeout=TIMEOUT_S))
    except grpc.aio.AioRpcError as error:
        return reason(error)
    return "OK"


def assert_ends(pair: Pair, answers: dict[str, tuple[str, str]]) -> Counter[str]:
    """PAID and charged once, or CANCELLED with a net of zero; and the answers said so. How many of each."""
    moved = nets(pair)
    ends = {str(order_id): str(end) for order_id, end in rows(pair.orders_url, "SELECT order_id, status FROM orders")}
    for order_id, end in ends.items():
        assert answers[order_id] in ALLOWED[end], (order_id, end, answers[order_id])
        if end == "paid":
            assert moved[order_id] == {"alice": -AMOUNT, "shop": AMOUNT}
            assert charges(pair, order_id) == 1
        else:
            assert order_id not in moved
    return Counter(ends.values())
