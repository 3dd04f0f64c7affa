"""The order service is gone: before the charge nothing moves, after it the money stays moved once and is confirmed."""

import asyncio

import grpc
import pytest
from google.rpc import error_details_pb2

from payonce.order.v1 import order_pb2
from tests.harness.answers import detail, reason
from tests.harness.audit import at_rest, attempts, audit, charges
from tests.harness.locks import held
from tests.harness.money import balance, order, orders, pay, pay_confirmed, pay_marked, pay_once, seed, status
from tests.harness.postgres import Pair, rows
from tests.harness.services import services
from tests.harness.stubs import Stubs

DIES_AT_THE_FLIP = {"PAYONCE_FAILPOINT": "request_received:MarkOrdersPaid"}


async def test_down_before_the_charge_nothing_moves(pair: Pair) -> None:
    async with services(pair) as s, Stubs(s.order.address, s.payments[0].address) as stubs:
        await seed(stubs)
        await order(stubs, "order", 1_000)
        await s.order.kill()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await pay_once(stubs, "order")
        assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
        assert reason(caught.value) == "ORDER_SERVICE_UNAVAILABLE"
        assert detail(caught.value, error_details_pb2.RetryInfo).retry_delay.ToMilliseconds() > 0
        assert attempts(pair, "order") == 0
        assert await balance(stubs, "alice") == 10_000
        audit(pair)

        await s.restart_order()
        await pay_confirmed(stubs, "order")
        await at_rest(pair)
    assert charges(pair, "order") == 1
    audit(pair)


async def test_down_after_the_charge_is_ok_and_confirmed_later(pair: Pair) -> None:
    async with services(pair) as s, Stubs(s.order.address, s.payments[0].address) as stubs:
        await seed(stubs)
        await order(stubs, "order", 1_000)
        victim = await s.restart_order(DIES_AT_THE_FLIP)
        answer, replay = await pay_marked(stubs, "order")
        assert await victim.wait() == -9
        assert not replay
        assert not answer.order_confirmed
        assert rows(pair.orders_url, "SELECT status FROM orders") == [("unpaid",)]

        assert await pay_marked(stubs, "order") == (answer, True)
        assert await balance(stubs, "alice") == 9_000

        await s.restart_order({})
        await at_rest(pair)  # nobody retries: the completer does it
        assert await status(stubs, "order") == order_pb2.ORDER_STATUS_PAID
        audit(pair)

        late, replay = await pay_marked(stubs, "order")
        assert late.order_confirmed
        assert late.payment == answer.payment
        assert replay
    assert charges(pair, "order") == 1


async def test_a_confirmed_payment_is_replayed_while_the_order_service_is_down(pair: Pair) -> None:
    async with services(pair) as s, Stubs(s.order.address, s.payments[0].address) as stubs:
        await seed(stubs)
        await order(stubs, "order", 1_000)
        answer = await pay_confirmed(stubs, "order")
        await at_rest(pair)
        await s.order.kill()
        assert await pay_marked(stubs, "order") == (answer, True)
    assert charges(pair, "order") == 1
    audit(pair)


async def test_what_our_own_books_know_is_not_asked_again(pair: Pair) -> None:
    async with services(pair) as s, Stubs(s.order.address, s.payments[0].address) as stubs:
        await seed(stubs)
        await order(stubs, "order", 1_000)
        answer = await pay_confirmed(stubs, "order")
        await at_rest(pair)
        await s.order.kill()
        asked = await s.restart_order({"PAYONCE_FAILPOINT": "request_received:BatchGetOrders"})
        assert await status(stubs, "order") == order_pb2.ORDER_STATUS_PAID  # it is there, and whoever asks it kills it
        assert await pay_marked(stubs, "order") == (answer, True)
        assert asked.process.returncode is None
    audit(pair)


async def test_two_completers_at_once(pair: Pair) -> None:
    async with (
        services(pair, payment_processes=2) as s,
        Stubs(s.order.address, s.payments[0].address) as one,
        Stubs(s.order.address, s.payments[1].address) as two,
    ):
        await seed(one, deposit=60 * 100)
        ids = await orders(one, 60, 100)
        # Orders can be read and not changed: every flip runs into its deadline, and may still happen later.
        with held(pair.orders_url, "LOCK TABLE orders IN EXCLUSIVE MODE"):
            answers = await asyncio.gather(*(pay((one, two)[i % 2], order_id) for i, order_id in enumerate(ids)))
            assert not any(answer.order_confirmed for answer in answers)
            assert len({answer.payment.payment_id for answer in answers}) == len(ids)
        await at_rest(pair)
        audit(pair)
        for order_id, answer in zip(ids, answers, strict=True):
            assert await status(one, order_id) == order_pb2.ORDER_STATUS_PAID
            assert charges(pair, order_id) == 1
            assert (await pay(one, order_id)).payment == answer.payment
        assert await balance(one, "alice") == 0
