"""LookupPayment: what a caller who lost the reply is told, before, during and after a payment."""

import asyncio

from payonce.payment.v1 import payment_service_pb2
from payonce.payment.v1.payment_service_pb2 import LookupPaymentResponse
from tests.harness.locks import held, somebody_waits
from tests.harness.money import order, pay, seed
from tests.harness.services import Services
from tests.harness.stubs import Stubs

# DECLINED is in test_refusals, REVERSED in crashes/test_reversal.


async def test_not_seen_in_progress_succeeded(running: Services, stubs: Stubs) -> None:
    await seed(stubs, "l-ann", "l-shop")
    await order(stubs, "l-1", customer="l-ann", merchant="l-shop")
    for order_id in ("l-1", "l-never"):
        seen = await lookup(stubs, order_id)
        assert (seen.outcome, seen.safe_to_retry) == (payment_service_pb2.LOOKUP_OUTCOME_NOT_SEEN, True)
        assert not seen.HasField("payment")

    url = running.pair.payments_url
    with held(url, "SELECT FROM accounts WHERE account_id = 'l-ann' FOR UPDATE"):
        paying = asyncio.ensure_future(pay(stubs, "l-1"))
        await somebody_waits(url)
        seen = await lookup(stubs, "l-1")
        assert (seen.outcome, seen.safe_to_retry) == (payment_service_pb2.LOOKUP_OUTCOME_IN_PROGRESS, False)
        assert not seen.HasField("payment")
        other = await lookup(stubs, "l-never")
        assert other.outcome == payment_service_pb2.LOOKUP_OUTCOME_NOT_SEEN
    paid = await paying

    seen = await lookup(stubs, "l-1")
    assert (seen.outcome, seen.safe_to_retry) == (payment_service_pb2.LOOKUP_OUTCOME_SUCCEEDED, False)
    assert seen.payment == paid.payment


async def lookup(stubs: Stubs, order_id: str) -> LookupPaymentResponse:
    return await stubs.payments.LookupPayment(payment_service_pb2.LookupPaymentRequest(order_id=order_id))
