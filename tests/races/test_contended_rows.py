"""A row that somebody keeps locked for too long (a stopped process) makes callers retry; it is no internal error."""

import asyncio
from collections.abc import Awaitable, Callable

import grpc
import psycopg
import pytest
from google.rpc import error_details_pb2

from payonce.order.v1 import order_pb2, order_service_pb2
from tests.harness.answers import detail, reason
from tests.harness.audit import at_rest, audit, charges
from tests.harness.money import TIMEOUT_S, balance, order, pay_confirmed, pay_once, put_once, seed, status
from tests.harness.postgres import Pair, raw
from tests.harness.services import services
from tests.harness.stubs import Stubs


async def test_locked_rows_are_unavailable_and_hinder_nobody_else(pair: Pair) -> None:
    async with services(pair) as s, Stubs(s.order.address, s.payments[0].address) as stubs:
        await seed(stubs, "alice")
        await seed(stubs, "bob")
        await order(stubs, "hers", 1_000, customer="alice")
        await order(stubs, "his", 1_000, customer="bob")
        cancel = order_service_pb2.CancelOrderRequest(order_id="hers")
        with psycopg.connect(raw(pair.payments_url)) as money, psycopg.connect(raw(pair.orders_url)) as flips:
            money.execute("SELECT FROM accounts WHERE account_id = 'alice' FOR UPDATE")
            flips.execute("SELECT FROM orders WHERE order_id = 'hers' FOR UPDATE")
            refused = await asyncio.gather(
                reason_of(lambda: pay_once(stubs, "hers")),
                reason_of(lambda: put_once(stubs, "alice", 1, request_id="late")),
                reason_of(lambda: stubs.orders.CancelOrder(cancel, timeout=TIMEOUT_S)),
            )
            assert list(refused) == ["PAYMENT_IN_PROGRESS", "DATABASE_CONTENTION", "DATABASE_CONTENTION"]
            await pay_confirmed(stubs, "his")
        assert await balance(stubs, "alice") == 10_000
        assert await status(stubs, "hers") == order_pb2.ORDER_STATUS_UNPAID
        await pay_confirmed(stubs, "hers")
        await at_rest(pair)
    assert charges(pair, "hers") == charges(pair, "his") == 1
    audit(pair)


async def reason_of(call: Callable[[], Awaitable[object]]) -> str:
    """Why it is refused; on a busy machine order_service may not answer in its time, and is asked again."""
    while True:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call()
        assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
        assert detail(caught.value, error_details_pb2.RetryInfo).retry_delay.ToMilliseconds() > 0
        if (why := reason(caught.value)) != "ORDER_SERVICE_UNAVAILABLE":
            return why
