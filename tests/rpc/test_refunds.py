"""RefundPayment: in part and in full, never more than was charged; in full the order comes first."""

from payonce.order.v1 import order_pb2
from payonce.payment.v1 import payment_pb2
from tests.harness.answers import replayed
from tests.harness.audit import at_rest
from tests.harness.corrections import (
    NEVER,
    authorize,
    lookup,
    payment,
    refund,
    reverse,
    ticket,
    use,
    void,
    withdraw,
)
from tests.harness.money import balance, money, order, pay, seed, status
from tests.harness.refusals import ABSENT, contents, refusal
from tests.harness.services import Services
from tests.harness.stubs import Stubs


async def paid(stubs: Stubs, name: str, amount: int = 1_000) -> str:
    """`name`-1, paid by `name`-ann to `name`-shop; the payment's id."""
    await seed(stubs, f"{name}-ann", f"{name}-shop")
    await order(stubs, f"{name}-1", amount, customer=f"{name}-ann", merchant=f"{name}-shop")
    return (await pay(stubs, f"{name}-1")).payment.payment_id


async def test_parts_are_given_back_until_nothing_is_left(stubs: Stubs) -> None:
    payment_id = await paid(stubs, "f1")
    part = (await refund(stubs, payment_id, 400, "f1-a", reason="a cup was broken")).refund
    assert (part.payment_id, part.amount, part.reason) == (payment_id, money(400), "a cup was broken")
    assert part.complete_time.ToNanoseconds() >= part.create_time.ToNanoseconds() > 0
    now = await payment(stubs, payment_id)
    assert (now.state, now.refunded_amount) == (payment_pb2.PAYMENT_STATE_SUCCEEDED, money(400))
    assert await status(stubs, "f1-1") == order_pb2.ORDER_STATUS_PAID
    assert (await balance(stubs, "f1-ann"), await balance(stubs, "f1-shop")) == (9_400, 600)

    told = await refusal(refund(stubs, payment_id, 601, "f1-b"), "REFUND_EXCEEDS_PAYMENT")
    assert told["refundable_minor_units"] == "600"
    await refund(stubs, payment_id, 600, "f1-b")  # what was refused did not use the request id up
    now = await payment(stubs, payment_id)
    assert (now.state, now.refunded_amount) == (payment_pb2.PAYMENT_STATE_REFUNDED, money(1_000))
    assert now.HasField("refund_time")
    assert await status(stubs, "f1-1") == order_pb2.ORDER_STATUS_REFUNDED
    assert (await balance(stubs, "f1-ann"), await balance(stubs, "f1-shop")) == (10_000, 0)
    told = await refusal(refund(stubs, payment_id, 1, "f1-c"), "REFUND_EXCEEDS_PAYMENT")
    assert told["refundable_minor_units"] == "0"


async def test_a_refund_is_replayed(stubs: Stubs) -> None:
    payment_id = await paid(stubs, "f2")
    for amount, request_id in ((300, "f2-part"), (700, "f2-rest")):
        first_call = refund(stubs, payment_id, amount, request_id)
        first = await first_call
        assert not await replayed(first_call)
        call = refund(stubs, payment_id, amount, request_id)
        assert await call == first
        assert await replayed(call)
    call = refund(stubs, payment_id.upper(), 300, "f2-part")  # a UUID has two spellings
    assert (await call).refund.amount == money(300)
    assert await replayed(call)
    assert await balance(stubs, "f2-ann") == 10_000


async def test_pay_order_answers_as_it_did_until_all_is_given_back(stubs: Stubs) -> None:
    await paid(stubs, "f3")
    first = await pay(stubs, "f3-1")
    await refund(stubs, first.payment.payment_id, 1, "f3-a")
    assert await pay(stubs, "f3-1") == first
    await refund(stubs, first.payment.payment_id, 999, "f3-b")
    await refusal(pay(stubs, "f3-1"), "ORDER_REFUNDED")
    assert await balance(stubs, "f3-ann") == 10_000


async def test_the_payee_may_go_below_zero_by_it(stubs: Stubs) -> None:
    payment_id = await paid(stubs, "f4")
    await withdraw(stubs, "f4-shop", 1_000, "f4-w")
    await refund(stubs, payment_id, 1_000, "f4-a")
    assert (await balance(stubs, "f4-ann"), await balance(stubs, "f4-shop")) == (10_000, -1_000)
    await refusal(withdraw(stubs, "f4-shop", 1, "f4-x"), "INSUFFICIENT_FUNDS")


async def test_a_payment_with_a_ticket_is_given_back_too(stubs: Stubs) -> None:
    await seed(stubs, "f5-ann", "f5-shop")
    one = await ticket(stubs, "f5-ann")
    payment_id = (await use(stubs, one, "f5-shop", 9)).payment.payment_id
    await refund(stubs, payment_id, 4, "f5-a")
    await refund(stubs, payment_id, 5, "f5-b")
    assert (await payment(stubs, payment_id)).state == payment_pb2.PAYMENT_STATE_REFUNDED
    assert (await balance(stubs, "f5-ann"), await balance(stubs, "f5-shop")) == (10_000, 0)
    await refusal(use(stubs, one, "f5-shop", 9), "PAYMENT_REFUNDED")


async def test_where_nothing_was_charged_nothing_is_given_back(running: Services, stubs: Stubs) -> None:
    charged = await paid(stubs, "f6")
    reversed_ = await paid(stubs, "f6r")
    await reverse(stubs, payment_id=reversed_)
    held: dict[str, str] = {}
    for name in ("f6-held", "f6-void"):
        await order(stubs, name, customer="f6-ann", merchant="f6-shop")
        held[name] = (await authorize(stubs, name)).payment.payment_id
    await void(stubs, held["f6-void"])
    await order(stubs, "f6-dear", 10**6, customer="f6-ann", merchant="f6-shop")
    await refusal(pay(stubs, "f6-dear"), "INSUFFICIENT_FUNDS")
    declined = (await lookup(stubs, order_id="f6-dear")).payment.payment_id
    await at_rest(running.pair)
    before = contents(running.pair)
    for payment_id, why in (
        (reversed_, "PAYMENT_REVERSED"),
        (held["f6-held"], "PAYMENT_AUTHORIZED"),
        (held["f6-void"], "PAYMENT_VOIDED"),
        (declined, "PAYMENT_DECLINED"),
    ):
        await refusal(refund(stubs, payment_id, 1, "f6-x"), why)
    await refusal(refund(stubs, NEVER, 1, "f6-x"), "PAYMENT_NOT_FOUND", ABSENT)
    await refusal(refund(stubs, charged, 1, "f6-x", currency="USD"), "CURRENCY_MISMATCH")
    await refusal(refund(stubs, charged, 1_001, "f6-x"), "REFUND_EXCEEDS_PAYMENT")
    assert contents(running.pair) == before
