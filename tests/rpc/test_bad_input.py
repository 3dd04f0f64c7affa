"""F31, F32: bad values and bytes that are no message: INVALID_ARGUMENT with the field named, and nothing changed."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import (
    account_pb2,
    authorization_pb2,
    history_pb2,
    payment_service_pb2,
    refund_pb2,
    ticket_pb2,
)
from payonce.type.v1.money_pb2 import Money
from tests.harness.audit import at_rest
from tests.harness.corrections import NEVER
from tests.harness.money import money
from tests.harness.refusals import INVALID, contents, refusal, violations
from tests.harness.services import Services
from tests.harness.stubs import Stubs

TICKET = "A" * 22
LONG = "x" * 100_000  # more is refused before it is read: tests/security/test_limits.py
BAD_IDS = ["", "x" * 65, LONG, "nul\0", "' OR 1=1 --", "a\u202eb", "a b", "ä", "-a", "system:deposits:EUR"]
BAD_UUIDS = ["", "x", "x" * 36, LONG, NEVER + "0", "{" + NEVER[:34] + "}", NEVER.replace("0", "\0", 1)]
BAD_TICKETS = ["", "A" * 21, "A" * 23, "A" * 21 + "=", "A" * 21 + "\n", "A" * 21 + "\0", "Ä" * 22, LONG]
BAD_TEXTS = ["nul\0", "a\u202eb", "a\u200fb", "line\nbreak", "x" * 201, LONG]
BAD_TOKENS = ["x", "====", "ä", "\0", "bm8=", "WzVd", "bnVsbA==", "W" * 100_001]
MAX = 10**15
BAD_AMOUNTS = [
    (money(0), "minor_units"),
    (money(-1), "minor_units"),
    (money(MAX + 1), "minor_units"),
    (money(2**63 - 1), "minor_units"),
    (money(-(2**63)), "minor_units"),
    (money(5, ""), "currency_code"),
    (money(5, "eur"), "currency_code"),
    (money(5, "EUR\0"), "currency_code"),
    (money(5, "E\u202eUR"), "currency_code"),
    (money(5, "XAU"), "currency_code"),
]
GOOD: dict[type[Any], Any] = {
    account_pb2.WithdrawRequest: account_pb2.WithdrawRequest(account_id="b-ann", amount=money(5), request_id="b-1"),
    account_pb2.DepositRequest: account_pb2.DepositRequest(account_id="b-ann", amount=money(5), request_id="b-1"),
    account_pb2.ListAccountsRequest: account_pb2.ListAccountsRequest(owner_id="b-ann"),
    account_pb2.ListEntriesRequest: account_pb2.ListEntriesRequest(account_id="b-ann"),
    authorization_pb2.AuthorizePaymentRequest: authorization_pb2.AuthorizePaymentRequest(
        order_id="b-1", expected_amount=money(5)
    ),
    authorization_pb2.CapturePaymentRequest: authorization_pb2.CapturePaymentRequest(payment_id=NEVER, amount=money(5)),
    authorization_pb2.VoidAuthorizationRequest: authorization_pb2.VoidAuthorizationRequest(
        payment_id=NEVER, reason="why"
    ),
    history_pb2.ExplainPaymentRequest: history_pb2.ExplainPaymentRequest(order_id="b-1"),
    payment_service_pb2.LookupPaymentRequest: payment_service_pb2.LookupPaymentRequest(order_id="b-1"),
    payment_service_pb2.ListPaymentsRequest: payment_service_pb2.ListPaymentsRequest(
        order_id="b-1", payer_account_id="b-ann", payee_account_id="b-shop"
    ),
    refund_pb2.RefundPaymentRequest: refund_pb2.RefundPaymentRequest(
        payment_id=NEVER, amount=money(5), request_id="b-1", reason="why"
    ),
    refund_pb2.ReversePaymentRequest: refund_pb2.ReversePaymentRequest(order_id="b-1", reason="why"),
    ticket_pb2.CreateTicketRequest: ticket_pb2.CreateTicketRequest(
        payer_account_id="b-ann", payee_account_id="b-shop", amount=money(5), ttl_seconds=60
    ),
    ticket_pb2.PayWithTicketRequest: ticket_pb2.PayWithTicketRequest(
        ticket=TICKET, payee_account_id="b-shop", amount=money(5)
    ),
    order_service_pb2.ListOrdersRequest: order_service_pb2.ListOrdersRequest(
        customer_id="b-ann", payee_account_id="b-shop", merchant_id="b-shop"
    ),
}
# A filter, or an id that may be left open, is not wrong when it is empty.
MAY_BE_EMPTY = {
    account_pb2.ListAccountsRequest: {"owner_id"},
    payment_service_pb2.ListPaymentsRequest: {"order_id", "payer_account_id", "payee_account_id"},
    ticket_pb2.CreateTicketRequest: {"payee_account_id"},
    order_service_pb2.CreateOrderRequest: {"merchant_id"},
    order_service_pb2.ListOrdersRequest: {"customer_id", "payee_account_id", "merchant_id"},
}
WORDS = {"payment_id": BAD_UUIDS, "ticket": BAD_TICKETS, "reason": BAD_TEXTS, "page_token": BAD_TOKENS}
NUMBERS = {"page_size": [-1, -(2**31)], "ttl_seconds": [-1, 604_801, 2**31 - 1], "state": [-1, 99], "status": [-1, 99]}


def bad_requests(good: Any) -> Iterator[tuple[str, Any]]:
    """The request with one field spoiled, for each field and each way to spoil it; and what must be named."""
    kind = type(good)
    for field in kind.DESCRIPTOR.fields:
        for path, spoil in spoils(kind, field.name):
            bad = kind()
            bad.CopyFrom(good)
            spoil(bad)
            yield path, bad
    if "subject" in kind.DESCRIPTOR.oneofs_by_name:
        bad = kind()
        bad.CopyFrom(good)
        bad.ClearField(bad.WhichOneof("subject"))
        yield "subject", bad


def spoils(kind: type[Any], name: str) -> Iterator[tuple[str, Callable[[Any], object]]]:
    if kind.DESCRIPTOR.fields_by_name[name].message_type is Money.DESCRIPTOR:
        for amount, part in BAD_AMOUNTS:
            yield f"{name}.{part}", partial(put, name=name, value=amount)
        return
    for value in WORDS.get(name) or NUMBERS.get(name) or BAD_IDS:
        if value != "" or name not in MAY_BE_EMPTY.get(kind, ()):
            yield name, partial(put, name=name, value=value)


def put(bad: Any, *, name: str, value: Any) -> None:
    if isinstance(value, Money):
        getattr(bad, name).CopyFrom(value)
    else:
        setattr(bad, name, value)


def methods() -> Iterator[tuple[Any, str]]:
    for file, service in ((order_service_pb2, "OrderService"), (payment_service_pb2, "PaymentService")):
        for method in file.DESCRIPTOR.services_by_name[service].methods:
            yield method, f"/{method.containing_service.full_name}/{method.name}"


@pytest.mark.parametrize("kind", GOOD, ids=lambda kind: kind.__name__)
async def test_bad_values_are_named_and_change_nothing(running: Services, stubs: Stubs, kind: type[Any]) -> None:
    method = next(method for method, _ in methods() if method.input_type is kind.DESCRIPTOR)
    stub: Any = stubs.orders if method.containing_service.name == "OrderService" else stubs.payments
    await at_rest(running.pair)  # what earlier tests did must be at rest
    before = contents(running.pair)
    spoiled = 0
    for path, bad in bad_requests(GOOD[kind]):
        assert await violations(getattr(stub, method.name)(bad)) == [path], str(bad)[:200]
        spoiled += 1
    assert spoiled >= len(kind.DESCRIPTOR.fields)
    assert contents(running.pair) == before


async def test_every_violation_is_told_at_once(stubs: Stubs) -> None:
    bad = refund_pb2.RefundPaymentRequest(payment_id="x", amount=money(0, "euro"), request_id="", reason="\0")
    assert sorted(await violations(stubs.payments.RefundPayment(bad))) == [
        "amount.currency_code", "amount.minor_units", "payment_id", "reason", "request_id",
    ]  # fmt: skip


async def test_an_amount_that_must_be_there(stubs: Stubs) -> None:
    for call in (
        stubs.payments.RefundPayment(refund_pb2.RefundPaymentRequest(payment_id=NEVER, request_id="b-1")),
        stubs.payments.PayWithTicket(ticket_pb2.PayWithTicketRequest(ticket=TICKET, payee_account_id="b-shop")),
        stubs.payments.Withdraw(account_pb2.WithdrawRequest(account_id="b-ann", request_id="b-1")),
    ):
        assert await violations(call) == ["amount.currency_code", "amount.minor_units"]


async def test_a_ticket_pays_somebody_else(stubs: Stubs) -> None:
    same = ticket_pb2.CreateTicketRequest(payer_account_id="b-ann", payee_account_id="b-ann")
    assert await violations(stubs.payments.CreateTicket(same)) == ["payee_account_id"]


def no_utf8(message: Descriptor) -> bytes:
    """Bytes whose first string is no UTF-8, wherever the message has its first string."""
    for field in message.fields:
        tag = bytes([field.number << 3 | 2])
        if field.type == FieldDescriptor.TYPE_STRING:
            return tag + b"\x02\xff\xfe"
        if field.message_type and (inner := no_utf8(field.message_type)):
            return tag + bytes([len(inner)]) + inner
    return b""


@pytest.mark.parametrize(("method", "path"), list(methods()), ids=lambda value: value if isinstance(value, str) else "")
async def test_bytes_that_are_no_message(running: Services, stubs: Stubs, method: Any, path: str) -> None:
    channel = stubs.order_channel if method.containing_service.name == "OrderService" else stubs.payment_channel
    call: Any = channel.unary_unary(path)
    await at_rest(running.pair)
    before = contents(running.pair)
    truncated, endless, group = b"\x0a\x7fabc", b"\xff" * 40, b"\x0b"
    for junk in (truncated, endless, group, no_utf8(method.input_type)):
        assert junk
        await refusal(call(junk), "INVALID_REQUEST", INVALID)
    assert contents(running.pair) == before
