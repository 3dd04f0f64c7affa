"""Values that no field takes (F31): the field is named and nothing is changed, in every method that has it."""

import base64
import json
import uuid
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from google.protobuf.message import Message

from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import account_pb2, payment_service_pb2
from tests.harness.money import money
from tests.harness.services import Services
from tests.harness.stubs import Stubs
from tests.rpc.common import invalid, nothing_changes

BAD_IDS = [
    "", "x" * 65, "x" * 100_000, "nul\0", "' OR 1=1 --", "a\u202eb", "\u200fa", "a b", "ä", "-a",
    "system:deposits:EUR",
]  # fmt: skip
BAD_TEXTS = ["nul\0", "right\u200fto left", "turned \u202eround", "two\nlines", "x" * 201]
BAD_UUIDS = [*BAD_IDS, "{" + str(uuid.uuid4()) + "}", uuid.uuid4().hex, str(uuid.uuid4())[:-1] + "g"]
BAD_AMOUNTS = [money(0), money(-1), money(10**15 + 1), money(2**63 - 1)]
BAD_CURRENCIES = ["", "EURO", "eur", "XAU", "E\0R", "\u202eEUR"]
BAD_TOKENS = ["junk", "\0", "\u202e", "x" * 10_000, base64.urlsafe_b64encode(b"[1]").decode()[:-1], "W10="]
# Well-formed, and nothing that a server ever gave.
FORGED: list[Any] = [[], {}, [None], ["a"], [1, 2, 3], [-1], [2**63], ["a", "b"], [True]]
BAD_TOKENS += [base64.urlsafe_b64encode(json.dumps(forged).encode()).decode() for forged in FORGED]

ORDER = order_service_pb2.CreateOrderRequest(
    order_id="v-1", customer_id="v-ann", payer_account_id="v-ann", payee_account_id="v-shop", amount=money(5)
)
ACCOUNT = account_pb2.CreateAccountRequest(account_id="v-ann", owner_id="v-ann", currency_code="EUR")
DEPOSIT = account_pb2.DepositRequest(account_id="v-ann", amount=money(5), request_id="v-1")
PAY = payment_service_pb2.PayOrderRequest(order_id="v-1")
Case = tuple[str, Message, str, list[Any]]

ID_FIELDS: list[tuple[str, Message, str]] = [
    *(("orders.CreateOrder", ORDER, f) for f in ("order_id", "customer_id", "payer_account_id", "payee_account_id")),
    ("orders.GetOrder", order_service_pb2.GetOrderRequest(), "order_id"),
    ("orders.CancelOrder", order_service_pb2.CancelOrderRequest(), "order_id"),
    *(("payments.CreateAccount", ACCOUNT, field) for field in ("account_id", "owner_id")),
    ("payments.GetAccount", account_pb2.GetAccountRequest(), "account_id"),
    ("payments.ListEntries", account_pb2.ListEntriesRequest(), "account_id"),
    *(("payments.Deposit", DEPOSIT, field) for field in ("account_id", "request_id")),
    ("payments.PayOrder", PAY, "order_id"),
    ("payments.LookupPayment", payment_service_pb2.LookupPaymentRequest(), "order_id"),
]
LIST_ORDERS = order_service_pb2.ListOrdersRequest()
LIST_ENTRIES = account_pb2.ListEntriesRequest(account_id="v-ann")
CASES: list[Case] = [
    *((method, request, field, BAD_IDS) for method, request, field in ID_FIELDS),
    ("orders.ListOrders", LIST_ORDERS, "customer_id", [bad for bad in BAD_IDS if bad]),  # empty means everybody's
    ("orders.CreateOrder", ORDER, "description", BAD_TEXTS),
    ("payments.GetPayment", payment_service_pb2.GetPaymentRequest(), "payment_id", BAD_UUIDS),
    ("payments.CreateAccount", ACCOUNT, "currency_code", BAD_CURRENCIES),
    ("payments.CreateAccount", ACCOUNT, "kind", [3, 99, -1]),
    *(
        (method, request, "page_size", [-1, -(2**31)])
        for method, request in (("orders.ListOrders", LIST_ORDERS), ("payments.ListEntries", LIST_ENTRIES))
    ),
    *(
        (method, request, "page_token", BAD_TOKENS)
        for method, request in (("orders.ListOrders", LIST_ORDERS), ("payments.ListEntries", LIST_ENTRIES))
    ),
]


def changed(request: Message, **values: Any) -> Message:
    copy = type(request)()
    copy.CopyFrom(request)
    for field, value in values.items():
        if isinstance(value, Message):
            getattr(copy, field).CopyFrom(value)
        else:
            setattr(copy, field, value)
    return copy


def method_of(stubs: Stubs, name: str) -> Callable[[Message], Awaitable[Any]]:
    service, _, method = name.partition(".")
    found: Callable[[Message], Awaitable[Any]] = getattr(getattr(stubs, service), method)
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[2]}")
async def test_bad_values_are_named(running: Services, stubs: Stubs, case: Case) -> None:
    method, request, field, bad = case
    async with nothing_changes(running):
        for value in bad:
            fields = await invalid(method_of(stubs, method)(changed(request, **{field: value})))
            assert set(fields) == {field}, (value, fields)


def bad_amounts() -> Iterator[tuple[str, Message]]:
    yield from ((".minor_units", amount) for amount in BAD_AMOUNTS)
    yield from ((".currency_code", money(5, currency)) for currency in BAD_CURRENCIES)


AMOUNT_FIELDS = [
    ("orders.CreateOrder", ORDER, "amount"),
    ("payments.Deposit", DEPOSIT, "amount"),
    ("payments.PayOrder", PAY, "expected_amount"),
]


@pytest.mark.parametrize("case", AMOUNT_FIELDS, ids=lambda case: case[0])
async def test_bad_amounts_are_named(running: Services, stubs: Stubs, case: tuple[str, Message, str]) -> None:
    method, request, field = case
    async with nothing_changes(running):
        for part, amount in bad_amounts():
            fields = await invalid(method_of(stubs, method)(changed(request, **{field: amount})))
            assert fields == [field + part], amount


async def test_bad_items_of_a_batch_are_named(running: Services, stubs: Stubs) -> None:
    def flips(*pairs: tuple[str, str]) -> order_service_pb2.MarkOrdersPaidRequest:
        payments = [order_service_pb2.OrderPayment(order_id=o, payment_id=p) for o, p in pairs]
        return order_service_pb2.MarkOrdersPaidRequest(payments=payments)

    good = ("v-1", str(uuid.uuid4()))
    async with nothing_changes(running):
        for bad in BAD_IDS[:2] + BAD_IDS[3:]:
            asked = order_service_pb2.BatchGetOrdersRequest(order_ids=["good", bad])
            assert await invalid(stubs.orders.BatchGetOrders(asked)) == ["order_ids[1]"]
            assert await invalid(stubs.orders.MarkOrdersPaid(flips(good, (bad, good[1])))) == ["payments[1].order_id"]
        for bad in BAD_UUIDS:
            call = stubs.orders.MarkOrdersPaid(flips(good, ("v-2", bad)))
            assert await invalid(call) == ["payments[1].payment_id"]
        assert await invalid(stubs.orders.MarkOrdersPaid(flips())) == ["payments"]
        many = [(f"v-{i}", good[1]) for i in range(1001)]
        assert await invalid(stubs.orders.MarkOrdersPaid(flips(*many))) == ["payments"]
        asked = order_service_pb2.BatchGetOrdersRequest(order_ids=["v"] * 1001)
        assert await invalid(stubs.orders.BatchGetOrders(asked)) == ["order_ids"]
