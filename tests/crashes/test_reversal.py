"""The charge is there, the flip is not, and the order is cancelled: the money goes back, though nobody asks."""

import grpc
import pytest

from payonce.order.v1 import order_pb2, order_service_pb2
from payonce.payment.v1 import payment_pb2, payment_service_pb2
from tests.crashes.dying import pay_until_dead, sessions_ended
from tests.harness.answers import details, reason
from tests.harness.audit import at_rest, audit, charges
from tests.harness.books import net, states, transfers
from tests.harness.money import TIMEOUT_S, balance, order, pay, seed, status
from tests.harness.postgres import Pair
from tests.harness.retries import retried
from tests.harness.services import services
from tests.harness.stubs import Stubs


async def test_a_charge_whose_order_was_cancelled_meanwhile_is_reversed(pair: Pair) -> None:
    async with services(pair) as s, Stubs(s.order.address, s.payments[0].address) as stubs:
        await seed(stubs)
        await order(stubs, "order", 1_000)
        victim = await s.restart_payment(0, {"PAYONCE_FAILPOINT": "committed:charge"})
        assert await pay_until_dead(stubs, victim) is None
        await sessions_ended(pair, victim)
        assert net(pair, "order") == {"alice": -1_000, "shop": 1_000}
        cancel = order_service_pb2.CancelOrderRequest(order_id="order")
        await retried(lambda: stubs.orders.CancelOrder(cancel, timeout=TIMEOUT_S))

        await s.restart_payment(0, {})
        await at_rest(pair)  # nobody retries
        assert states(pair, "order") == ["reversed"]
        await assert_reversed(pair, stubs)
        first = await refused(stubs)
        assert await refused(stubs) == first
        await assert_reversed(pair, stubs)


async def assert_reversed(pair: Pair, stubs: Stubs) -> None:
    audit(pair)
    assert net(pair, "order") == {}
    assert (charges(pair, "order"), transfers(pair, "reversal")) == (1, 1)
    assert (await balance(stubs, "alice"), await balance(stubs, "shop")) == (10_000, 0)
    assert await status(stubs, "order") == order_pb2.ORDER_STATUS_CANCELLED
    looked = await stubs.payments.LookupPayment(payment_service_pb2.LookupPaymentRequest(order_id="order"))
    assert looked.outcome == payment_service_pb2.LOOKUP_OUTCOME_REVERSED
    assert looked.payment.state == payment_pb2.PAYMENT_STATE_REVERSED
    assert looked.payment.state_reason == "ORDER_CANCELLED"
    assert not looked.safe_to_retry


async def refused(stubs: Stubs) -> list[str]:
    """What a caller is told who comes afterwards."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await pay(stubs, "order")
    assert (caught.value.code(), reason(caught.value)) == (grpc.StatusCode.FAILED_PRECONDITION, "ORDER_CANCELLED")
    return [str(detail) for detail in details(caught.value)]
