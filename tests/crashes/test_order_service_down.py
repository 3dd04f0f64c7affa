"""The order service is gone: before the charge nothing moves, after it the money stays moved once and is confirmed."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import psycopg
import pytest
from google.rpc import error_details_pb2

from payonce.order.v1 import order_pb2
from payonce.payment.v1 import payment_service_pb2
from tests.harness.answers import detail, reason, replayed
from tests.harness.audit import attempts, audit, charges, settled
from tests.harness.money import TIMEOUT_S, balance, order, orders, pay, seed, status
from tests.harness.postgres import Pair, raw, rows
from tests.harness.services import services
from tests.harness.stubs import Stubs

DIES_AT_THE_FLIP = {"PAYONCE_FAILPOINT": "request_received:MarkOrdersPaid"}


async def test_down_before_the_charge_nothing_moves(pair: Pair) -> None:
    async with services(pair) as s, Stubs(s.order.address, s.payments[0].address) as stubs:
        await seed(stubs)
        await order(stubs, "order", 1_000)
        await s.order.kill()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await pay(stubs, "order")
        assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
        assert reason(caught.value) == "ORDER_SERVICE_UNAVAILABLE"
        assert detail(caught.value, error_details_pb2.RetryInfo).retry_delay.ToMilliseconds() > 0
        assert attempts(pair, "order") == 0
        assert await balance(stubs, "alice") == 10_000
        audit(pair)

        await s.restart_order()
        assert (await paid_soon(stubs, "order")).order_confirmed
        await settled(pair)
    assert charges(pair, "order") == 1
    audit(pair)


async def test_down_after_the_charge_is_ok_and_confirmed_later(pair: Pair) -> None:
    async with services(pair) as s, Stubs(s.order.address, s.payments[0].address) as stubs:
        await seed(stubs)
        await order(stubs, "order", 1_000)
        victim = await s.restart_order(DIES_AT_THE_FLIP)
        request = payment_service_pb2.PayOrderRequest(order_id="order")
        first = stubs.payments.PayOrder(request, timeout=TIMEOUT_S)
        answer = await first
        assert await victim.wait() == -9
        assert not await replayed(first)
        assert not answer.order_confirmed
        assert rows(pair.orders_url, "SELECT status FROM orders") == [("unpaid",)]

        again = stubs.payments.PayOrder(request, timeout=TIMEOUT_S)
        assert await again == answer
        assert await replayed(again)
        assert await balance(stubs, "alice") == 9_000

        await s.restart_order({})
        await settled(pair)  # nobody retries: the completer does it
        assert await status(stubs, "order") == order_pb2.ORDER_STATUS_PAID
        audit(pair)

        late = stubs.payments.PayOrder(request, timeout=TIMEOUT_S)
        assert (await late).order_confirmed
        assert (await late).payment == answer.payment
        assert await replayed(late)
    assert charges(pair, "order") == 1


async def test_a_confirmed_payment_is_replayed_while_the_order_service_is_down(pair: Pair) -> None:
    async with services(pair) as s, Stubs(s.order.address, s.payments[0].address) as stubs:
        await seed(stubs)
        await order(stubs, "order", 1_000)
        answer = await pay(stubs, "order")
        await settled(pair)
        await s.order.kill()
        call = stubs.payments.PayOrder(payment_service_pb2.PayOrderRequest(order_id="order"), timeout=TIMEOUT_S)
        assert await call == answer
        assert await replayed(call)
    assert charges(pair, "order") == 1
    audit(pair)


async def test_two_completers_at_once(pair: Pair) -> None:
    async with (
        services(pair, payment_processes=2) as s,
        Stubs(s.order.address, s.payments[0].address) as one,
        Stubs(s.order.address, s.payments[1].address) as two,
    ):
        await seed(one, deposit=60 * 100)
        ids = await orders(one, 60, 100)
        with flips_wait(pair):
            answers = await asyncio.gather(*(pay((one, two)[i % 2], order_id) for i, order_id in enumerate(ids)))
            assert not any(answer.order_confirmed for answer in answers)
            assert len({answer.payment.payment_id for answer in answers}) == len(ids)
        await settled(pair)
        audit(pair)
        for order_id, answer in zip(ids, answers, strict=True):
            assert await status(one, order_id) == order_pb2.ORDER_STATUS_PAID
            assert charges(pair, order_id) == 1
            assert (await pay(one, order_id)).payment == answer.payment
        assert await balance(one, "alice") == 0


@contextmanager
def flips_wait(pair: Pair) -> Iterator[None]:
    """Orders can be read and not changed: every flip runs into its deadline, and may still happen later."""
    with psycopg.connect(raw(pair.orders_url)) as connection:
        connection.execute("LOCK TABLE orders IN EXCLUSIVE MODE")
        yield


async def paid_soon(stubs: Stubs, order_id: str) -> payment_service_pb2.PayOrderResponse:
    """Retry as a caller does, until payment_service has found its order service again."""
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            try:
                return await pay(stubs, order_id)
            except grpc.aio.AioRpcError as error:
                assert reason(error) == "ORDER_SERVICE_UNAVAILABLE"  # noqa: PT017 - it may also be answered
            await asyncio.sleep(0.1)
