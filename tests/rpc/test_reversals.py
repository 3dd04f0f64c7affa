"""ReversePayment: what is left of a charge goes back, once; what was never paid never will be."""

import uuid

from payonce.order.v1 import order_pb2, order_service_pb2
from payonce.payment.v1 import payment_pb2
from tests.harness.answers import replayed
from tests.harness.audit import at_rest
from tests.harness.corrections import (
    NEVER,
    authorize,
    available,
    lookup,
    payment,
    refund,
    reverse,
    ticket,
    use,
)
from tests.harness.money import balance, money, order, pay, seed, status
from tests.harness.refusals import ABSENT, contents, refusal
from tests.harness.services import Services
from tests.harness.stubs import Stubs


async def ordered(stubs: Stubs, name: str, amount: int = 1_000) -> str:
    """`name`-ann, `name`-shop and the order `name`-1 between them; its id."""
    await seed(stubs, f"{name}-ann", f"{name}-shop")
    await order(stubs, f"{name}-1", amount, customer=f"{name}-ann", merchant=f"{name}-shop")
    return f"{name}-1"


async def test_a_paid_order_is_undone_once(stubs: Stubs) -> None:
    order_id = await ordered(stubs, "v1")
    paid = (await pay(stubs, order_id)).payment
    first_call = reverse(stubs, order_id=order_id, reason="paid by mistake")
    first = await first_call
    assert not await replayed(first_call)
    assert (first.payment.payment_id, first.payment.state, first.payment.state_reason) == (
        paid.payment_id, payment_pb2.PAYMENT_STATE_REVERSED, "REVERSAL_REQUESTED",
    )  # fmt: skip
    assert first.payment.HasField("reverse_time")
    assert await status(stubs, order_id) == order_pb2.ORDER_STATUS_REFUNDED
    for call in (
        reverse(stubs, order_id=order_id, reason="paid by mistake"),
        reverse(stubs, payment_id=paid.payment_id, reason="another word for it"),
    ):
        assert await call == first
        assert await replayed(call)
    assert (await balance(stubs, "v1-ann"), await balance(stubs, "v1-shop")) == (10_000, 0)
    await refusal(pay(stubs, order_id), "ORDER_REFUNDED")
    assert await balance(stubs, "v1-ann") == 10_000


async def test_what_is_left_after_refunds_goes_back(stubs: Stubs) -> None:
    order_id = await ordered(stubs, "v2")
    payment_id = (await pay(stubs, order_id)).payment.payment_id
    await refund(stubs, payment_id, 300, "v2-a")
    done = (await reverse(stubs, payment_id=payment_id)).payment
    assert (done.state, done.refunded_amount) == (payment_pb2.PAYMENT_STATE_REVERSED, money(300))
    assert (await balance(stubs, "v2-ann"), await balance(stubs, "v2-shop")) == (10_000, 0)
    await refusal(refund(stubs, payment_id, 1, "v2-b"), "PAYMENT_REVERSED")


async def test_a_payment_with_a_ticket_is_undone_too(stubs: Stubs) -> None:
    await seed(stubs, "v3-ann", "v3-shop")
    one = await ticket(stubs, "v3-ann")
    await use(stubs, one, "v3-shop", 30)
    assert (await reverse(stubs, ticket=one)).payment.state == payment_pb2.PAYMENT_STATE_REVERSED
    call = reverse(stubs, ticket=one)
    await call
    assert await replayed(call)
    await refusal(use(stubs, one, "v3-shop", 30), "PAYMENT_REVERSED")
    assert (await balance(stubs, "v3-ann"), await balance(stubs, "v3-shop")) == (10_000, 0)


async def test_an_order_never_paid_gets_a_tombstone(stubs: Stubs) -> None:
    order_id = await ordered(stubs, "v4")
    first = await reverse(stubs, order_id=order_id)
    assert (first.payment.state, first.payment.captured_amount) == (payment_pb2.PAYMENT_STATE_VOIDED, money(0))
    assert await status(stubs, order_id) == order_pb2.ORDER_STATUS_CANCELLED
    call = reverse(stubs, order_id=order_id)
    assert await call == first
    assert await replayed(call)
    await refusal(pay(stubs, order_id), "PAYMENT_VOIDED")
    await refusal(authorize(stubs, order_id), "PAYMENT_VOIDED")
    assert not (await lookup(stubs, order_id=order_id)).safe_to_retry
    assert await balance(stubs, "v4-ann") == 10_000


async def test_a_ticket_never_used_gets_a_tombstone(stubs: Stubs) -> None:
    await seed(stubs, "v5-ann", "v5-shop")
    for one in (await ticket(stubs, "v5-ann"), await ticket(stubs, "v5-ann", "v5-shop", 30)):
        assert (await reverse(stubs, ticket=one)).payment.state == payment_pb2.PAYMENT_STATE_VOIDED
        await refusal(use(stubs, one, "v5-shop", 30), "PAYMENT_VOIDED")
    assert await balance(stubs, "v5-ann") == 10_000


async def test_a_declined_order_gets_a_tombstone(stubs: Stubs) -> None:
    order_id = await ordered(stubs, "v6", 10**6)
    await refusal(pay(stubs, order_id), "INSUFFICIENT_FUNDS")
    declined = (await lookup(stubs, order_id=order_id)).payment.payment_id
    await refusal(reverse(stubs, payment_id=declined), "PAYMENT_DECLINED")
    done = (await reverse(stubs, order_id=order_id)).payment
    assert (done.state, done.payment_id != declined) == (payment_pb2.PAYMENT_STATE_VOIDED, True)
    await refusal(pay(stubs, order_id), "PAYMENT_VOIDED")


async def test_an_authorization_is_released(stubs: Stubs) -> None:
    order_id = await ordered(stubs, "v7")
    held = (await authorize(stubs, order_id)).payment
    done = (await reverse(stubs, order_id=order_id)).payment
    assert (done.payment_id, done.state) == (held.payment_id, payment_pb2.PAYMENT_STATE_VOIDED)
    assert await available(stubs, "v7-ann") == await balance(stubs, "v7-ann") == 10_000
    assert await status(stubs, order_id) == order_pb2.ORDER_STATUS_CANCELLED


async def test_what_cannot_be_undone_changes_nothing(running: Services, stubs: Stubs) -> None:
    await ordered(stubs, "v8")
    payment_id = (await pay(stubs, "v8-1")).payment.payment_id
    await refund(stubs, payment_id, 1_000, "v8-all")
    for order_id in ("v8-taken", "v8-gone"):
        await order(stubs, order_id, customer="v8-ann", merchant="v8-shop")
    foreign = [
        order_service_pb2.OrderPayment(order_id=order_id, payment_id=str(uuid.uuid4()))
        for order_id in ("v8-taken", "v8-gone")
    ]
    await stubs.orders.MarkOrdersPaid(order_service_pb2.MarkOrdersPaidRequest(payments=foreign))
    await stubs.orders.MarkOrdersRefunded(order_service_pb2.MarkOrdersRefundedRequest(payments=foreign[1:]))
    await at_rest(running.pair)
    before = contents(running.pair)
    for subject, why in (
        ({"order_id": "v8-1"}, "PAYMENT_REFUNDED"),
        ({"payment_id": payment_id}, "PAYMENT_REFUNDED"),
        ({"order_id": "v8-taken"}, "ORDER_ALREADY_PAID"),
        ({"order_id": "v8-gone"}, "ORDER_REFUNDED"),
    ):
        await refusal(reverse(stubs, **subject), why)
    for subject, why in (
        ({"order_id": "v8-never"}, "ORDER_NOT_FOUND"),
        ({"ticket": "A" * 22}, "TICKET_NOT_FOUND"),
        ({"payment_id": NEVER}, "PAYMENT_NOT_FOUND"),
    ):
        await refusal(reverse(stubs, **subject), why, ABSENT)
    assert contents(running.pair) == before
    assert (await payment(stubs, payment_id)).state == payment_pb2.PAYMENT_STATE_REFUNDED
