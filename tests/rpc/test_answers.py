"""The answers of DESIGN section 3: status, reason, details, and that nothing moved."""

import uuid
from collections.abc import Awaitable
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

from payonce.order.v1 import order_pb2, order_service_pb2
from payonce.payment.v1 import account_pb2, payment_pb2, payment_service_pb2
from tests.harness.answers import detail, reason, replayed
from tests.harness.audit import settled
from tests.harness.money import balance, money, order, pay, put, seed
from tests.harness.postgres import Pair, rows
from tests.harness.services import Services
from tests.harness.stubs import Stubs

FAILED = grpc.StatusCode.FAILED_PRECONDITION
TABLES = {"orders_url": ["orders"], "payments_url": ["accounts", "transfers", "entries", "payments", "requests"]}


async def refusal(call: Awaitable[object], code: grpc.StatusCode, why: str) -> error_details_pb2.ErrorInfo:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    assert (caught.value.code(), reason(caught.value)) == (code, why)
    return detail(caught.value, error_details_pb2.ErrorInfo)


def contents(pair: Pair) -> list[Any]:
    return [
        rows(getattr(pair, url), f"SELECT t::text FROM {table} AS t ORDER BY 1")
        for url, tables in TABLES.items()
        for table in tables
    ]


def pay_request(order_id: str, **more: Any) -> payment_service_pb2.PayOrderRequest:
    return payment_service_pb2.PayOrderRequest(order_id=order_id, **more)


async def test_a_second_payment_is_a_replay(stubs: Stubs) -> None:
    await seed(stubs, "r-ann", "r-shop")
    await order(stubs, "r-1", customer="r-ann", merchant="r-shop")
    first = await pay(stubs, "r-1")
    call = stubs.payments.PayOrder(pay_request("r-1"))
    assert await call == first
    assert await replayed(call)
    found = await stubs.payments.GetPayment(payment_service_pb2.GetPaymentRequest(payment_id=first.payment.payment_id))
    assert found == first.payment
    looked = await stubs.payments.LookupPayment(payment_service_pb2.LookupPaymentRequest(order_id="r-1"))
    assert (looked.outcome, looked.payment) == (payment_service_pb2.LOOKUP_OUTCOME_SUCCEEDED, first.payment)
    assert not looked.safe_to_retry
    cancel = order_service_pb2.CancelOrderRequest(order_id="r-1")
    await refusal(stubs.orders.CancelOrder(cancel), FAILED, "ORDER_ALREADY_PAID")


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
    foreign = order_service_pb2.OrderPayment(order_id="n-taken", payment_id=str(uuid.uuid4()))
    await stubs.orders.MarkOrdersPaid(order_service_pb2.MarkOrdersPaidRequest(payments=[foreign]))
    await settled(running.pair)  # what earlier tests did must be at rest
    before = contents(running.pair)
    absent = grpc.StatusCode.NOT_FOUND
    for order_id, code, why in (
        ("n-never", absent, "ORDER_NOT_FOUND"),
        ("n-gone", FAILED, "ORDER_CANCELLED"),
        ("n-taken", FAILED, "ORDER_ALREADY_PAID"),
        ("n-usd", FAILED, "CURRENCY_MISMATCH"),
        ("n-kind", FAILED, "ACCOUNT_KIND_MISMATCH"),
        ("n-nobody", absent, "ACCOUNT_NOT_FOUND"),
        ("n-theirs", absent, "ACCOUNT_NOT_FOUND"),
    ):
        await refusal(pay(stubs, order_id), code, why)
    for expected, why in ((money(999), "AMOUNT_MISMATCH"), (money(1_000, "USD"), "CURRENCY_MISMATCH")):
        await refusal(stubs.payments.PayOrder(pay_request("n-open", expected_amount=expected)), FAILED, why)
    assert contents(running.pair) == before


async def test_what_is_created_twice_is_the_same_or_refused(stubs: Stubs) -> None:
    await seed(stubs, "c-ann", "c-shop", deposit=0)
    first = await order(stubs, "c-1", customer="c-ann", merchant="c-shop")
    assert await order(stubs, "c-1", customer="c-ann", merchant="c-shop") == first
    taken = grpc.StatusCode.ALREADY_EXISTS
    info = await refusal(order(stubs, "c-1", 7, customer="c-ann", merchant="c-shop"), taken, "ORDER_ALREADY_EXISTS")
    assert info.metadata["fields"] == "amount"
    other = account_pb2.CreateAccountRequest(account_id="c-ann", owner_id="c-bob", currency_code="USD")
    info = await refusal(stubs.payments.CreateAccount(other), taken, "ACCOUNT_ALREADY_EXISTS")
    assert info.metadata["fields"] == "owner_id,currency_code"
    cancel = order_service_pb2.CancelOrderRequest(order_id="c-1")
    assert (await stubs.orders.CancelOrder(cancel)).status == order_pb2.ORDER_STATUS_CANCELLED
    call = stubs.orders.CancelOrder(cancel)
    assert (await call).status == order_pb2.ORDER_STATUS_CANCELLED
    assert await replayed(call)


async def test_a_deposit_happens_once(stubs: Stubs) -> None:
    await seed(stubs, "d-ann", "d-shop", deposit=0)
    request = account_pb2.DepositRequest(account_id="d-ann", amount=money(70), request_id="d-1")
    first = await stubs.payments.Deposit(request)
    call = stubs.payments.Deposit(request)
    assert await call == first
    assert await replayed(call)
    other = account_pb2.DepositRequest(account_id="d-ann", amount=money(71), request_id="d-1")
    info = await refusal(stubs.payments.Deposit(other), FAILED, "IDEMPOTENCY_KEY_REUSED")
    assert info.metadata["fields"] == "amount.minor_units"
    assert await balance(stubs, "d-ann") == 70


async def test_pages_hold_everything_once(stubs: Stubs) -> None:
    await seed(stubs, "p-ann", "p-shop", deposit=0)
    for i in range(5):
        await put(stubs, "p-ann", i + 1, request_id=f"p-{i}")
        await order(stubs, f"p-{i}", customer="p-ann", merchant="p-shop")
    token, sequences = "", []
    while True:
        page = await stubs.payments.ListEntries(
            account_pb2.ListEntriesRequest(account_id="p-ann", page_size=2, page_token=token)
        )
        sequences += [entry.sequence for entry in page.entries]
        if not (token := page.next_page_token):
            break
    assert sequences == [5, 4, 3, 2, 1]
    token, ids = "", []
    while True:
        listed = await stubs.orders.ListOrders(
            order_service_pb2.ListOrdersRequest(customer_id="p-ann", page_size=2, page_token=token)
        )
        ids += [one.order_id for one in listed.orders]
        if not (token := listed.next_page_token):
            break
    assert ids == ["p-4", "p-3", "p-2", "p-1", "p-0"]


BAD_IDS = ["", "x" * 65, "x" * 1_000_000, "nul\0", "' OR 1=1 --", "a\u202eb", "a b", "ä", "system:deposits:EUR"]
BAD_AMOUNTS = [
    money(0),
    money(-1),
    money(10**15 + 1),
    money(2**63 - 1),
    money(5, "EURO"),
    money(5, "eur"),
    money(5, ""),
]


async def test_bad_values_are_named_and_change_nothing(running: Services, stubs: Stubs) -> None:
    await settled(running.pair)  # what earlier tests did must be at rest
    before = contents(running.pair)
    calls: list[Awaitable[Any]] = []
    for bad in BAD_IDS:
        calls += [
            stubs.payments.PayOrder(pay_request(bad)),
            stubs.payments.GetAccount(account_pb2.GetAccountRequest(account_id=bad)),
            stubs.payments.GetPayment(payment_service_pb2.GetPaymentRequest(payment_id=bad)),
            stubs.payments.LookupPayment(payment_service_pb2.LookupPaymentRequest(order_id=bad)),
            stubs.orders.GetOrder(order_service_pb2.GetOrderRequest(order_id=bad)),
            stubs.orders.CancelOrder(order_service_pb2.CancelOrderRequest(order_id=bad)),
            stubs.orders.BatchGetOrders(order_service_pb2.BatchGetOrdersRequest(order_ids=["good", bad])),
            order(stubs, bad),
        ]
    for amount in BAD_AMOUNTS:
        deposit = account_pb2.DepositRequest(account_id="alice", amount=amount, request_id="bad")
        calls += [
            stubs.payments.Deposit(deposit),
            stubs.payments.PayOrder(pay_request("some", expected_amount=amount)),
            order(stubs, "some", amount.minor_units, currency=amount.currency_code),
        ]
    kind = account_pb2.CreateAccountRequest(account_id="k", owner_id="k", currency_code="EUR", kind=99)  # type: ignore[arg-type]
    calls.append(stubs.payments.CreateAccount(kind))
    for call in calls:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert reason(caught.value) == "INVALID_REQUEST"
        assert detail(caught.value, error_details_pb2.BadRequest).field_violations[0].field
    assert contents(running.pair) == before


@pytest.mark.parametrize("junk", [b"\x0a\x02\xff\xfe", b"\x0a\x7fabc", b"\xff" * 40])
async def test_bytes_that_are_no_message(stubs: Stubs, junk: bytes) -> None:
    method: Any = stubs.payment_channel.unary_unary("/payonce.payment.v1.PaymentService/PayOrder")
    await refusal(method(junk), grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
