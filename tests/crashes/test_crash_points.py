"""F1 to F10: the process is killed at a named point of one PayOrder, and started again.

Then either the caller retries, or nobody does and only the completer works. One charge at most, and the order agrees.
"""

import asyncio
import time
from dataclasses import dataclass

import grpc
import pytest

from payonce.order.v1 import order_pb2
from payonce.payment.v1 import payment_service_pb2
from tests.harness.answers import replayed
from tests.harness.audit import attempts, audit, charges, settled
from tests.harness.money import TIMEOUT_S, balance, order, pay, seed, status
from tests.harness.postgres import Pair, rows
from tests.harness.services import Running, Services, services
from tests.harness.stubs import Stubs


@dataclass(frozen=True)
class Fault:
    """Where the process dies, and whether the money has moved then; None when either may be."""

    number: str
    failpoint: str
    moved: bool | None
    in_order_service: bool = False


FAULTS = [
    Fault("F1", "request_received:PayOrder", moved=False),
    Fault("F2", "orders_read", moved=False),
    Fault("F3", "begun:charge", moved=False),
    Fault("F4", "claim_inserted", moved=False),
    Fault("F5", "entries_inserted", moved=False),
    Fault("F6", "commit_sent:charge", moved=None),
    Fault("F7", "committed:charge", moved=True),
    Fault("F8", "mark_orders_paid_sent", moved=True),
    Fault("F9-payment", "mark_orders_paid_returned", moved=True),
    Fault("F9-order", "mark_orders_paid_committed", moved=True, in_order_service=True),
    Fault("F10", "reply_sent:PayOrder", moved=True),
]
each_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.number)


@each_fault
async def test_crash_then_retry(pair: Pair, fault: Fault) -> None:
    async with services(pair) as s, Stubs(s.order.address, s.payments[0].address) as stubs:
        first, moved = await crash(s, stubs, fault)
        request = payment_service_pb2.PayOrderRequest(order_id="order")
        call = stubs.payments.PayOrder(request, timeout=TIMEOUT_S, wait_for_ready=True)
        answer = await call
        # An order service that is back this very moment may not have been found again yet.
        assert answer.order_confirmed or fault.in_order_service
        assert await replayed(call) == moved
        if first is not None:
            assert answer.payment == first.payment
        await assert_paid_once(pair, stubs)


@each_fault
async def test_crash_then_nobody_retries(pair: Pair, fault: Fault) -> None:
    async with services(pair) as s, Stubs(s.order.address, s.payments[0].address) as stubs:
        _, moved = await crash(s, stubs, fault)
        if moved:
            await assert_paid_once(pair, stubs)
            return
        assert attempts(pair, "order") == 0
        assert await balance(stubs, "alice") == 10_000
        assert await status(stubs, "order") == order_pb2.ORDER_STATUS_UNPAID
        audit(pair)
        # Nothing moved, so nothing hinders: the order is payable as if nobody had tried.
        assert (await pay(stubs, "order")).order_confirmed
        await assert_paid_once(pair, stubs)


async def crash(s: Services, stubs: Stubs, fault: Fault) -> tuple[payment_service_pb2.PayOrderResponse | None, bool]:
    """One PayOrder that meets the fault, and the restart: the answer, if the caller got one; whether money moved."""
    await seed(stubs)
    await order(stubs, "order", 1_000)
    armed = {"PAYONCE_FAILPOINT": fault.failpoint}
    # Armed only now: the setting-up has passed some of the points already.
    victim = await (s.restart_order(armed) if fault.in_order_service else s.restart_payment(0, armed))
    answer = None
    try:
        request = payment_service_pb2.PayOrderRequest(order_id="order")
        answer = await stubs.payments.PayOrder(request, timeout=TIMEOUT_S, wait_for_ready=True)
    except grpc.aio.AioRpcError as error:
        assert error.code() == grpc.StatusCode.UNAVAILABLE, error  # noqa: PT017 - it may also be answered
    assert await victim.wait() == -9
    if fault.in_order_service:
        assert answer is not None, "the money moved: that is OK, whatever became of the order service"
        assert not answer.order_confirmed
    elif fault.number != "F10":
        assert answer is None
    await sessions_ended(s, victim)
    moved = charges(s.pair, "order") == 1
    assert fault.moved in (None, moved)
    await (s.restart_order({}) if fault.in_order_service else s.restart_payment(0, {}))
    return answer, moved


async def sessions_ended(s: Services, victim: Running) -> None:
    """Wait until PostgreSQL has noticed the crash: only then is it known what was committed."""
    url = s.pair.orders_url if victim is s.order else s.pair.payments_url
    query = """SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = %s"""
    deadline = time.monotonic() + 20
    while rows(url, query, [victim.module])[0][0]:
        assert time.monotonic() < deadline, "the sessions of a killed process are still there"
        await asyncio.sleep(0.02)


async def assert_paid_once(pair: Pair, stubs: Stubs) -> None:
    """One charge, the order PAID, both within I16's 30 s."""
    await settled(pair)
    audit(pair)
    assert charges(pair, "order") == 1
    assert await status(stubs, "order") == order_pb2.ORDER_STATUS_PAID
    assert await balance(stubs, "alice") == 9_000
    assert await balance(stubs, "shop") == 1_000
