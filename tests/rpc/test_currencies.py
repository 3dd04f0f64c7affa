"""Currencies with 0, 2 and 3 decimal digits: amounts count the minor unit, and whatever disagrees is refused."""

import pytest

from payonce.order.v1 import order_pb2
from payonce.payment.v1 import account_pb2, payment_service_pb2
from tests.harness.audit import at_rest
from tests.harness.corrections import authorize, available, capture, refund, reverse, ticket, use, withdraw
from tests.harness.money import balance, money, order, pay, put, seed, status
from tests.harness.refusals import contents, refusal, violations
from tests.harness.services import Services
from tests.harness.stubs import Stubs

CURRENCIES = [("JPY", "1234 JPY"), ("EUR", "12.34 EUR"), ("KWD", "1.234 KWD")]


@pytest.mark.parametrize(("currency", "spelled"), CURRENCIES)
async def test_every_way_of_money_in_every_exponent(stubs: Stubs, currency: str, spelled: str) -> None:
    ann, shop = f"cur-{currency}-ann", f"cur-{currency}-shop"
    await seed(stubs, ann, shop, deposit=10_000, currency=currency)
    for n in (1, 2, 3):
        made = await order(stubs, f"{ann}-{n}", 1_234, customer=ann, merchant=shop, currency=currency)
        assert made.amount == money(1_234, currency)
    expected = payment_service_pb2.PayOrderRequest(order_id=f"{ann}-1", expected_amount=money(1_233, currency))
    assert (await refusal(stubs.payments.PayOrder(expected), "AMOUNT_MISMATCH"))["amount"] == spelled

    paid = (await pay(stubs, f"{ann}-1")).payment
    assert paid.amount == paid.captured_amount == money(1_234, currency)
    given = (await refund(stubs, paid.payment_id, 234, f"{ann}-r", currency=currency)).refund
    assert given.amount == money(234, currency)
    assert await balance(stubs, ann) == 9_000
    await reverse(stubs, payment_id=paid.payment_id)
    assert await balance(stubs, ann) == 10_000

    held = (await authorize(stubs, f"{ann}-2")).payment.payment_id
    assert await available(stubs, ann) == 8_766
    await capture(stubs, held, 1_000, currency)
    one = await ticket(stubs, ann, shop, 500, currency)
    assert (await use(stubs, one, shop, 500, currency)).payment.amount == money(500, currency)
    out = (await withdraw(stubs, ann, 8_500, f"{ann}-w", currency)).entry
    assert (out.amount, out.balance_after) == (money(-8_500, currency), money(0, currency))
    assert await balance(stubs, shop) == 1_500
    assert await status(stubs, f"{ann}-3") == order_pb2.ORDER_STATUS_UNPAID


async def test_what_disagrees_is_refused(running: Services, stubs: Stubs) -> None:
    await seed(stubs, "cur-ann", "cur-shop")
    await seed(stubs, "cur-yen", "cur-jpy", currency="JPY")
    await order(stubs, "cur-1", customer="cur-ann", merchant="cur-shop")
    await order(stubs, "cur-held", customer="cur-ann", merchant="cur-shop")
    paid = (await pay(stubs, "cur-1")).payment.payment_id
    held = (await authorize(stubs, "cur-held")).payment.payment_id
    for order_id, customer, merchant, currency in (
        ("cur-payer", "cur-yen", "cur-shop", "EUR"),
        ("cur-payee", "cur-ann", "cur-jpy", "EUR"),
        ("cur-order", "cur-ann", "cur-shop", "JPY"),
    ):
        await order(stubs, order_id, customer=customer, merchant=merchant, currency=currency)
    bound, free = await ticket(stubs, "cur-ann", "cur-shop", 5), await ticket(stubs, "cur-ann")
    await at_rest(running.pair)
    before = contents(running.pair)
    for order_id in ("cur-payer", "cur-payee", "cur-order"):
        await refusal(pay(stubs, order_id), "CURRENCY_MISMATCH")
        await refusal(authorize(stubs, order_id), "CURRENCY_MISMATCH")
    await refusal(put(stubs, "cur-ann", 5, "JPY", request_id="cur-x"), "CURRENCY_MISMATCH")
    await refusal(withdraw(stubs, "cur-ann", 5, "cur-x", "JPY"), "CURRENCY_MISMATCH")
    await refusal(refund(stubs, paid, 5, "cur-x", currency="JPY"), "CURRENCY_MISMATCH")
    await refusal(capture(stubs, held, 5, "JPY"), "CURRENCY_MISMATCH")
    await refusal(ticket(stubs, "cur-ann", amount=5, currency="JPY"), "CURRENCY_MISMATCH")
    await refusal(use(stubs, bound, "cur-shop", 5, "JPY"), "TICKET_MISMATCH")
    await refusal(use(stubs, free, "cur-shop", 5, "JPY"), "CURRENCY_MISMATCH")
    await refusal(use(stubs, free, "cur-jpy", 5), "CURRENCY_MISMATCH")
    await refusal(use(stubs, free, "cur-jpy", 5, "JPY"), "CURRENCY_MISMATCH")
    for request in (
        payment_service_pb2.PayOrderRequest(order_id="cur-held", expected_amount=money(1_000, "JPY")),
        payment_service_pb2.PayOrderRequest(order_id="cur-1", expected_amount=money(1_000, "KWD")),
    ):
        await refusal(stubs.payments.PayOrder(request), "CURRENCY_MISMATCH")
    assert contents(running.pair) == before


@pytest.mark.parametrize("code", ["XAU", "XXX", "XTS", "ZZZ", "DEM", "€", "EU", "EUR ", "978"])
async def test_what_is_no_currency_of_iso_4217_is_refused(stubs: Stubs, code: str) -> None:
    account = account_pb2.CreateAccountRequest(account_id="cur-z", owner_id="cur-z", currency_code=code)
    assert await violations(stubs.payments.CreateAccount(account)) == ["currency_code"]
    assert await violations(order(stubs, "cur-z", 5, currency=code)) == ["amount.currency_code"]
