"""Authorizations: reserved, then captured once in part or in full; or given up, by somebody or by time."""

import asyncio
import time

from payonce.order.v1 import order_pb2, order_service_pb2
from payonce.payment.v1 import payment_pb2
from tests.harness.answers import replayed
from tests.harness.audit import at_rest
from tests.harness.corrections import NEVER, authorize, available, capture, payment, void, withdraw
from tests.harness.money import balance, money, order, pay, seed, status
from tests.harness.refusals import ABSENT, contents, forge, refusal
from tests.harness.services import Services
from tests.harness.stubs import Stubs


async def held(stubs: Stubs, name: str, amount: int = 1_000) -> str:
    """`name`-1 of `name`-ann, who has 10,000, authorized; the payment's id."""
    await seed(stubs, f"{name}-ann", f"{name}-shop")
    await order(stubs, f"{name}-1", amount, customer=f"{name}-ann", merchant=f"{name}-shop")
    return (await authorize(stubs, f"{name}-1")).payment.payment_id


async def test_what_is_reserved_is_not_spent_and_cannot_be(stubs: Stubs) -> None:
    await held(stubs, "h1", 9_000)
    assert (await balance(stubs, "h1-ann"), await available(stubs, "h1-ann")) == (10_000, 1_000)
    assert await status(stubs, "h1-1") == order_pb2.ORDER_STATUS_UNPAID
    await refusal(withdraw(stubs, "h1-ann", 1_001, "h1-w"), "INSUFFICIENT_FUNDS")
    await order(stubs, "h1-2", 1_001, customer="h1-ann", merchant="h1-shop")
    await refusal(pay(stubs, "h1-2"), "INSUFFICIENT_FUNDS")
    await refusal(authorize(stubs, "h1-2"), "INSUFFICIENT_FUNDS")
    call = authorize(stubs, "h1-1")
    first = await call
    assert await replayed(call)
    assert first.payment.state == payment_pb2.PAYMENT_STATE_AUTHORIZED
    assert first.payment.HasField("authorization_expire_time")
    await refusal(pay(stubs, "h1-1"), "PAYMENT_AUTHORIZED")
    assert (await balance(stubs, "h1-ann"), await available(stubs, "h1-ann")) == (10_000, 1_000)


async def test_a_part_is_captured_once_and_the_rest_is_released(stubs: Stubs) -> None:
    payment_id = await held(stubs, "h2")
    await refusal(capture(stubs, payment_id, 1_001), "AMOUNT_MISMATCH")
    await refusal(capture(stubs, payment_id, 5, "USD"), "CURRENCY_MISMATCH")
    first = await capture(stubs, payment_id, 600)
    assert (first.payment.state, first.payment.captured_amount, first.order_confirmed) == (
        payment_pb2.PAYMENT_STATE_SUCCEEDED, money(600), True,
    )  # fmt: skip
    assert await status(stubs, "h2-1") == order_pb2.ORDER_STATUS_PAID
    call = capture(stubs, payment_id, 600)
    assert await call == first
    assert await replayed(call)
    told = await refusal(capture(stubs, payment_id, 599), "AMOUNT_MISMATCH")
    assert told["fields"] == "amount"
    await refusal(capture(stubs, payment_id), "AMOUNT_MISMATCH")  # unset means all of it, and that it was not
    assert await balance(stubs, "h2-ann") == await available(stubs, "h2-ann") == 9_400
    assert await balance(stubs, "h2-shop") == 600


async def test_unset_means_all_of_it(stubs: Stubs) -> None:
    payment_id = await held(stubs, "h3")
    first = await capture(stubs, payment_id)
    for call in (capture(stubs, payment_id), capture(stubs, payment_id, 1_000)):
        assert await call == first
        assert await replayed(call)
    assert await balance(stubs, "h3-ann") == await available(stubs, "h3-ann") == 9_000
    await refusal(void(stubs, payment_id), "PAYMENT_CAPTURED")
    assert (await pay(stubs, "h3-1")).payment == first.payment  # the order is paid, whoever asks


async def test_what_is_given_up_never_moves(stubs: Stubs) -> None:
    payment_id = await held(stubs, "h4")
    first = await void(stubs, payment_id, reason="out of stock")
    assert (first.payment.state, first.payment.state_reason) == (
        payment_pb2.PAYMENT_STATE_VOIDED, "AUTHORIZATION_VOIDED",
    )  # fmt: skip
    call = void(stubs, payment_id, reason="said otherwise")
    assert await call == first
    assert await replayed(call)
    assert await status(stubs, "h4-1") == order_pb2.ORDER_STATUS_CANCELLED
    await refusal(capture(stubs, payment_id), "PAYMENT_VOIDED")
    await refusal(pay(stubs, "h4-1"), "PAYMENT_VOIDED")
    assert await balance(stubs, "h4-ann") == await available(stubs, "h4-ann") == 10_000


async def test_time_ends_a_reservation(running: Services, stubs: Stubs) -> None:
    payment_id = await held(stubs, "h5")
    forge(running.pair.payments_url, "payments", "expires_at = now()", "payment_id = %s::uuid", payment_id)
    await refusal(capture(stubs, payment_id), "AUTHORIZATION_EXPIRED")
    forge(
        running.pair.payments_url, "payments", "expires_at = now() + interval '1 hour'", "payment_id = %s::uuid",
        payment_id,
    )  # fmt: skip
    await refusal(capture(stubs, payment_id), "AUTHORIZATION_EXPIRED")  # what was told stays true
    ended = await until_voided(stubs, payment_id)
    assert ended.state_reason == "AUTHORIZATION_EXPIRED"
    assert await status(stubs, "h5-1") == order_pb2.ORDER_STATUS_CANCELLED
    assert await balance(stubs, "h5-ann") == await available(stubs, "h5-ann") == 10_000
    await refusal(capture(stubs, payment_id), "AUTHORIZATION_EXPIRED")


async def test_the_completer_ends_what_nobody_asks_for(running: Services, stubs: Stubs) -> None:
    payment_id = await held(stubs, "h6")
    forge(running.pair.payments_url, "payments", "expires_at = now()", "payment_id = %s::uuid", payment_id)
    assert (await until_voided(stubs, payment_id)).state_reason == "AUTHORIZATION_EXPIRED"
    assert await available(stubs, "h6-ann") == 10_000


async def until_voided(stubs: Stubs, payment_id: str) -> payment_pb2.Payment:
    deadline = time.monotonic() + 30
    while (found := await payment(stubs, payment_id)).state != payment_pb2.PAYMENT_STATE_VOIDED:
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.05)
    return found


async def test_an_order_cancelled_meanwhile_is_not_captured(stubs: Stubs) -> None:
    payment_id = await held(stubs, "h7")
    await stubs.orders.CancelOrder(order_service_pb2.CancelOrderRequest(order_id="h7-1"))
    await refusal(capture(stubs, payment_id), "ORDER_CANCELLED")
    assert await balance(stubs, "h7-ann") == await available(stubs, "h7-ann") == 10_000


async def test_refused_authorizations_change_nothing(running: Services, stubs: Stubs) -> None:
    await seed(stubs, "h8-ann", "h8-shop")
    for order_id in ("h8-paid", "h8-gone"):
        await order(stubs, order_id, customer="h8-ann", merchant="h8-shop")
    paid = (await pay(stubs, "h8-paid")).payment.payment_id
    await stubs.orders.CancelOrder(order_service_pb2.CancelOrderRequest(order_id="h8-gone"))
    await at_rest(running.pair)
    before = contents(running.pair)
    await refusal(authorize(stubs, "h8-paid"), "ORDER_ALREADY_PAID")
    await refusal(authorize(stubs, "h8-gone"), "ORDER_CANCELLED")
    await refusal(authorize(stubs, "h8-never"), "ORDER_NOT_FOUND", ABSENT)
    await refusal(capture(stubs, NEVER), "PAYMENT_NOT_FOUND", ABSENT)
    await refusal(void(stubs, NEVER), "PAYMENT_NOT_FOUND", ABSENT)
    await refusal(void(stubs, paid), "PAYMENT_CAPTURED")
    assert contents(running.pair) == before
