"""SIGTERM: new calls are refused, calls in flight and their transactions are finished, the exit status is 0."""

import asyncio
import signal

import grpc
import pytest

from payonce.order.v1 import order_pb2, order_service_pb2
from payonce.payment.v1 import payment_service_pb2
from tests.harness.answers import reason
from tests.harness.audit import at_rest, audit, charges
from tests.harness.locks import held, somebody_waits
from tests.harness.money import TIMEOUT_S, order, pay_once, seed, status
from tests.harness.postgres import Pair, rows
from tests.harness.services import services
from tests.harness.stubs import Stubs
from tests.server.standard import NOT_SERVING, SERVICES, SERVING, nobody_listens, watching


async def test_order_service_finishes_a_call_in_flight(pair: Pair) -> None:
    async with services(pair) as s, Stubs(s.order.address, s.payments[0].address) as stubs:
        await order(stubs, "order")
        cancel = order_service_pb2.CancelOrderRequest(order_id="order")
        async with watching(s.order.address, SERVICES["order_service"]) as changes:
            assert await anext(changes) == SERVING
            with held(pair.orders_url, "SELECT FROM orders FOR UPDATE"):
                call = asyncio.ensure_future(stubs.orders.CancelOrder(cancel, timeout=TIMEOUT_S))
                await somebody_waits(pair.orders_url)
                s.order.process.send_signal(signal.SIGTERM)
                assert await anext(changes) == NOT_SERVING
                async with Stubs(s.order.address, s.payments[0].address) as late:
                    await assert_refused(late)
                await nobody_listens(s.order.address)
                assert not call.done()
            assert (await call).status == order_pb2.ORDER_STATUS_CANCELLED
        assert await s.order.wait() == 0
    assert rows(pair.orders_url, "SELECT status FROM orders") == [("cancelled",)]


async def test_payment_service_finishes_a_payment_in_flight(pair: Pair) -> None:
    async with services(pair) as s, Stubs(s.order.address, s.payments[0].address) as stubs:
        await seed(stubs)
        await order(stubs, "order", 1_000)
        victim = s.payments[0]
        with held(pair.payments_url, "SELECT FROM accounts WHERE account_id = 'alice' FOR UPDATE"):
            call = asyncio.ensure_future(pay_once(stubs, "order"))
            await somebody_waits(pair.payments_url)
            async with watching(victim.address, SERVICES["payment_service"]) as changes:
                assert await anext(changes) == SERVING
                victim.process.send_signal(signal.SIGTERM)
                assert await anext(changes) == NOT_SERVING
            await nobody_listens(victim.address)
            assert not call.done()
        assert (await call).order_confirmed
        assert await victim.wait() == 0
        await assert_finished(pair, stubs)


async def test_payment_service_finishes_a_payment_whose_caller_is_gone(pair: Pair) -> None:
    """A deadline, or a cancel, ends the call; the transaction that it began is not the call's to end."""
    async with services(pair) as s, Stubs(s.order.address, s.payments[0].address) as stubs:
        await seed(stubs)
        await order(stubs, "order", 1_000)
        with held(pair.payments_url, "SELECT FROM accounts WHERE account_id = 'alice' FOR UPDATE"):
            call = pay_once(stubs, "order")
            await somebody_waits(pair.payments_url)
            call.cancel()
            s.payments[0].process.send_signal(signal.SIGTERM)
            await nobody_listens(s.payments[0].address)
        assert await s.payments[0].wait() == 0
        await assert_finished(pair, stubs)


@pytest.mark.parametrize("prefix", ["order-", "no id: "], ids=["which-wait", "which-are-answered-at-once"])
async def test_whoever_comes_during_the_drain_is_told_so(pair: Pair, prefix: str) -> None:
    """grpc's core would drop calls that have arrived and were not taken in yet as CANCELLED, without details."""
    async with services(pair) as s, Stubs(s.order.address, s.payments[0].address) as stubs:
        await seed(stubs)
        coming = asyncio.Event()

        async def ask_until_refused(number: int) -> grpc.aio.AioRpcError:
            request = payment_service_pb2.LookupPaymentRequest(order_id=f"{prefix}{number}")
            while True:
                try:
                    await stubs.payments.LookupPayment(request, timeout=TIMEOUT_S)
                except grpc.aio.AioRpcError as error:
                    if error.code() != grpc.StatusCode.INVALID_ARGUMENT:
                        return error
                coming.set()

        asking = asyncio.gather(*(ask_until_refused(number) for number in range(300)))
        await coming.wait()
        s.payments[0].process.send_signal(signal.SIGTERM)
        told = {(error.code(), reason(error)) for error in await asking}
        assert told == {(grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN")}
        assert await s.payments[0].wait() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_idle_services_exit_at_once(pair: Pair, number: signal.Signals) -> None:
    async with services(pair) as s:
        for running in (s.order, s.payments[0]):
            running.process.send_signal(number)
            assert await running.wait(timeout_s=10) == 0
            assert "Traceback" not in running.stderr


async def assert_refused(stubs: Stubs) -> None:
    request = order_service_pb2.GetOrderRequest(order_id="order")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stubs.orders.GetOrder(request, timeout=10)
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE


async def assert_finished(pair: Pair, stubs: Stubs) -> None:
    """Drained means finished: charged, flipped and noted, with no payment_service left to do it later."""
    await at_rest(pair, timeout_s=0)
    audit(pair)
    assert charges(pair, "order") == 1
    assert await status(stubs, "order") == order_pb2.ORDER_STATUS_PAID
