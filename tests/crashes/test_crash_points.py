"""F1 to F10: the process is killed at a named point of one PayOrder, and started again.

Then either the caller retries, or nobody does and only the completer works. One charge at most, and the order agrees.
"""

from dataclasses import dataclass

import pytest

from payonce.order.v1 import order_pb2
from payonce.payment.v1 import payment_service_pb2
from tests.crashes.dying import pay_until_dead, sessions_ended
from tests.harness.audit import at_rest, attempts, audit, charges
from tests.harness.money import balance, order, pay_confirmed, pay_marked, seed, status
from tests.harness.postgres import Pair
from tests.harness.services import Services, services
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
        answer, replay = await pay_marked(stubs, "order")
        assert replay == moved
        if first is not None:
            assert answer.payment == first.payment
        assert (await pay_confirmed(stubs, "order")).payment == answer.payment
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
        await pay_confirmed(stubs, "order")
        await assert_paid_once(pair, stubs)


async def crash(s: Services, stubs: Stubs, fault: Fault) -> tuple[payment_service_pb2.PayOrderResponse | None, bool]:
    """One PayOrder that meets the fault, and the restart: the answer, if the caller got one; whether money moved."""
    await seed(stubs)
    await order(stubs, "order", 1_000)
    armed = {"PAYONCE_FAILPOINT": fault.failpoint}
    # Armed only now: the setting-up has passed some of the points already.
    victim = await (s.restart_order(armed) if fault.in_order_service else s.restart_payment(0, armed))
    answer = await pay_until_dead(stubs, victim)
    if fault.in_order_service:
        assert answer is not None, "the money moved: that is OK, whatever became of the order service"
        assert not answer.order_confirmed
    elif fault.number != "F10":
        assert answer is None
    await sessions_ended(s.pair, victim)
    moved = charges(s.pair, "order") == 1
    assert fault.moved in (None, moved)
    await (s.restart_order({}) if fault.in_order_service else s.restart_payment(0, {}))
    return answer, moved


async def assert_paid_once(pair: Pair, stubs: Stubs) -> None:
    """One charge, the order PAID, both within I16's 30 s."""
    await at_rest(pair)
    audit(pair)
    assert charges(pair, "order") == 1
    assert await status(stubs, "order") == order_pb2.ORDER_STATUS_PAID
    assert await balance(stubs, "alice") == 9_000
    assert await balance(stubs, "shop") == 1_000
