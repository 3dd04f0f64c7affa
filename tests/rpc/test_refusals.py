"""Payments and deposits that are refused: the reason, and that nothing moved."""

import uuid

import psycopg
import pytest

from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import payment_pb2, payment_service_pb2
from tests.harness.money import balance, money, order, pay, put, seed
from tests.harness.postgres import raw
from tests.harness.services import Services
from tests.harness.stubs import Stubs
from tests.rpc.common import ABSENT, FAILED, nothing_changes, refusal

FULL = 2**63 - 1


async def test_too_little_money_moves_nothing_and_the_order_stays_payable(stubs: Stubs) -> None:
    await seed(stubs, "i-ann", "i-shop", deposit=999)
    await order(stubs, "i-1", 1_000, customer="i-ann", merchant="i-shop")
    await refusal(pay(stubs, "i-1"), FAILED, "INSUFFICIENT_FUNDS")
    assert (await balance(stubs, "i-ann"), await balance(stubs, "i-shop")) == (999, 0)
    looked = await stubs.payments.LookupPayment(payment_service_pb2.LookupPaymentRequest(order_id="i-1"))
    assert (looked.outcome, looked.safe_to_retry) == (payment_service_pb2.LOOKUP_OUTCOME_DECLINED, True)
    await put(stubs, "i-ann", 1, request_id="i-more")
    assert (await pay(stubs, "i-1")).payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
    assert (await balance(stubs, "i-ann"), await balance(stubs, "i-shop")) == (0, 1_000)


async def test_refused_payments_change_nothing(running: Services, stubs: Stubs) -> None:
    await seed(stubs, "n-ann", "n-shop")
    await seed(stubs, "n-bob", "n-usd", deposit=0, currency="USD")
    for order_id, customer, merchant in (
        ("n-gone", "n-ann", "n-shop"),
        ("n-open", "n-ann", "n-shop"),
        ("n-taken", "n-ann", "n-shop"),
        ("n-back", "n-ann", "n-shop"),
        ("n-usd", "n-ann", "n-usd"),
        ("n-kind", "n-shop", "n-ann"),
        ("n-nobody", "n-ann", "n-absent"),
    ):
        await order(stubs, order_id, customer=customer, merchant=merchant)
    theirs = order_service_pb2.CreateOrderRequest(
        order_id="n-theirs", customer_id="n-mallory", payer_account_id="n-ann", payee_account_id="n-shop",
        amount=money(5),
    )  # fmt: skip
    await stubs.orders.CreateOrder(theirs)
    await stubs.orders.CancelOrder(order_service_pb2.CancelOrderRequest(order_id="n-gone"))
    for order_id in ("n-taken", "n-back"):
        foreign = order_service_pb2.OrderPayment(order_id=order_id, payment_id=str(uuid.uuid4()))
        await stubs.orders.MarkOrdersPaid(order_service_pb2.MarkOrdersPaidRequest(payments=[foreign]))
    write(running.pair.orders_url, "UPDATE orders SET status = 'refunded' WHERE order_id = 'n-back'")
    async with nothing_changes(running):
        for order_id, code, why in (
            ("n-never", ABSENT, "ORDER_NOT_FOUND"),
            ("n-gone", FAILED, "ORDER_CANCELLED"),
            ("n-taken", FAILED, "ORDER_ALREADY_PAID"),
            ("n-back", FAILED, "ORDER_REFUNDED"),
            ("n-usd", FAILED, "CURRENCY_MISMATCH"),
            ("n-kind", FAILED, "ACCOUNT_KIND_MISMATCH"),
            ("n-nobody", ABSENT, "ACCOUNT_NOT_FOUND"),
            ("n-theirs", ABSENT, "ACCOUNT_NOT_FOUND"),
        ):
            await refusal(pay(stubs, order_id), code, why)
        for expected, why in ((money(999), "AMOUNT_MISMATCH"), (money(1_000, "USD"), "CURRENCY_MISMATCH")):
            request = payment_service_pb2.PayOrderRequest(order_id="n-open", expected_amount=expected)
            await refusal(stubs.payments.PayOrder(request), FAILED, why)
        for order_id, why in (("n-taken", "ORDER_ALREADY_PAID"), ("n-back", "ORDER_REFUNDED")):
            cancel = order_service_pb2.CancelOrderRequest(order_id=order_id)
            await refusal(stubs.orders.CancelOrder(cancel), FAILED, why)


async def test_a_deposit_in_another_currency_changes_nothing(running: Services, stubs: Stubs) -> None:
    await seed(stubs, "m-ann", "m-shop")
    async with nothing_changes(running):
        for account in ("m-ann", "m-shop"):
            await refusal(put(stubs, account, 5, "USD", request_id=f"{account}-usd"), FAILED, "CURRENCY_MISMATCH")


@pytest.mark.parametrize("room", [0, 4])
async def test_a_balance_never_leaves_64_bits(running: Services, stubs: Stubs, room: int) -> None:
    customer, merchant = f"b-ann-{room}", f"b-shop-{room}"
    await seed(stubs, customer, merchant)
    await order(stubs, f"b-{room}", 5, customer=customer, merchant=merchant)
    fill = f"UPDATE accounts SET balance_minor = {FULL - room} WHERE account_id = '{merchant}'"
    write(running.pair.payments_url, fill)
    async with nothing_changes(running):
        await refusal(pay(stubs, f"b-{room}"), FAILED, "BALANCE_LIMIT_EXCEEDED")
        await refusal(put(stubs, merchant, 5, request_id=f"b-{room}"), FAILED, "BALANCE_LIMIT_EXCEEDED")


def write(url: str, query: str) -> None:
    """What no RPC can bring about today."""
    with psycopg.connect(raw(url), autocommit=True) as connection:
        assert connection.execute(query.encode()).rowcount == 1
