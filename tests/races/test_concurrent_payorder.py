"""Many callers at once: one order and one charge; one customer and money for some of the orders."""

import asyncio
from collections import Counter

import grpc

from payonce.order.v1 import order_pb2
from tests.harness.answers import reason
from tests.harness.audit import at_rest, attempts, audit, charges
from tests.harness.money import balance, money, order, orders, pay, pay_confirmed, pay_marked, put, seed, status
from tests.harness.postgres import Pair
from tests.harness.services import services
from tests.harness.stubs import Stubs

CALLERS = 200


async def test_200_callers_of_two_processes_charge_once(pair: Pair) -> None:
    async with (
        services(pair, payment_processes=2) as s,
        Stubs(s.order.address, s.payments[0].address) as one,
        Stubs(s.order.address, s.payments[1].address) as two,
    ):
        await seed(one)
        await order(one, "order", 1_000)
        answers = await asyncio.gather(*(pay_marked((one, two)[i % 2], "order", money(1_000)) for i in range(CALLERS)))
        marks = Counter(mark for _, mark in answers)
        assert {answer.payment.SerializeToString(deterministic=True) for answer, _ in answers} == {
            answers[0][0].payment.SerializeToString(deterministic=True)
        }
        assert marks == {False: 1, True: CALLERS - 1}
        assert await balance(one, "alice") == 9_000
        assert await balance(one, "shop") == 1_000
        await pay_confirmed(one, "order")
        assert await status(one, "order") == order_pb2.ORDER_STATUS_PAID
        await at_rest(pair)
        assert [(await pay(stubs, "order")).order_confirmed for stubs in (one, two)] == [True, True]
    assert charges(pair, "order") == 1
    assert attempts(pair, "order") == 1
    audit(pair)


async def test_50_orders_at_once_with_money_for_20(pair: Pair) -> None:
    async with (
        services(pair, payment_processes=2) as s,
        Stubs(s.order.address, s.payments[0].address) as one,
        Stubs(s.order.address, s.payments[1].address) as two,
    ):
        await seed(one, deposit=20 * 1_000 + 999)
        ids = await orders(one, 50)
        answers = await asyncio.gather(
            *(pay((one, two)[i % 2], order_id) for i, order_id in enumerate(ids)),
            return_exceptions=True,
        )
        paid = {i for i, answer in zip(ids, answers, strict=True) if not isinstance(answer, BaseException)}
        refusals = Counter(
            (answer.code(), reason(answer)) for answer in answers if isinstance(answer, grpc.aio.AioRpcError)
        )
        assert len(paid) == 20
        assert refusals == {(grpc.StatusCode.FAILED_PRECONDITION, "INSUFFICIENT_FUNDS"): 30}
        assert await balance(one, "alice") == 999
        assert await balance(one, "shop") == 20_000
        await at_rest(pair)
        audit(pair)
        for order_id in ids:
            expected = order_pb2.ORDER_STATUS_PAID if order_id in paid else order_pb2.ORDER_STATUS_UNPAID
            assert await status(one, order_id) == expected
            assert charges(pair, order_id) == (order_id in paid)

        # What was refused stays payable.
        await put(one, "alice", 30_000, request_id="pay-day")
        await asyncio.gather(*(pay(two, order_id) for order_id in ids))
        assert await balance(one, "alice") == 999
        await at_rest(pair)
    audit(pair)
