"""Requests, checked: what a use case gets. Each raises INVALID_REQUEST with every violation found."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from payment_service.domain.charges import PayOrder
from payment_service.domain.ledger import AccountKind
from payment_service.domain.payments import PaymentFilter, Subject, order_subject
from payment_service.domain.requests import RequestKey
from payment_service.domain.tickets import PayWithTicket, ticket_subject
from payment_service.rpc.messages import STATE
from payment_service.usecases.accounts import NewAccount
from payment_service.usecases.once import Request
from payment_service.usecases.refunds import Refund
from payonce.payment.v1 import (
    account_pb2,
    authorization_pb2,
    batch_pb2,
    payment_service_pb2,
    refund_pb2,
    ticket_pb2,
)
from shared.callers import Caller
from shared.checks import Checks
from shared.ids import client_id
from shared.money import Money
from shared.rpc.fields import named_fields
from shared.rpc.paging import Page

REASON_LIMIT = 200
BATCH_LIMIT = 1000
MAX_TICKET_TTL_S = 7 * 24 * 3600
TICKET = re.compile(r"[A-Za-z0-9_-]{22}")
ASKED_KIND = {
    account_pb2.ACCOUNT_KIND_UNSPECIFIED: AccountKind.CUSTOMER,
    account_pb2.ACCOUNT_KIND_CUSTOMER: AccountKind.CUSTOMER,
    account_pb2.ACCOUNT_KIND_MERCHANT: AccountKind.MERCHANT,
}
ASKED_STATE = {message: state for state, message in STATE.items()}


def once_request(method: str, request: Any, caller: Caller) -> Request:
    """What makes a request with a `request_id` happen once: caller, method, id; and its fields as fingerprint."""
    fields = named_fields(request, without=("request_id",))
    if "payment_id" in fields:
        fields["payment_id"] = fields["payment_id"].lower()  # a UUID has two spellings
    return Request(RequestKey(caller.name, method, request.request_id), fields)


def pay_order(
    request: payment_service_pb2.PayOrderRequest | authorization_pb2.AuthorizePaymentRequest,
    caller: Caller,
    hold_for: timedelta | None = None,
) -> PayOrder:
    checks = Checks()
    expected = _optional_amount(checks, "expected_amount", request)
    command = PayOrder(checks.client_id("order_id", request.order_id), caller, expected, hold_for)
    checks.done()
    return command


def orders_to_pay(request: batch_pb2.BatchPayOrdersRequest, caller: Caller) -> list[PayOrder]:
    """The commands of a batch; what is wrong with one of them is told of the whole request."""
    checks = Checks()
    checks.size("orders", len(request.orders), BATCH_LIMIT)
    checks.done()
    commands = [
        PayOrder(
            checks.client_id(f"orders[{i}].order_id", one.order_id),
            caller,
            _optional_amount(checks, "expected_amount", one, where=f"orders[{i}]."),
        )
        for i, one in enumerate(request.orders)
    ]
    checks.done()
    return commands


def pay_with_ticket(request: ticket_pb2.PayWithTicketRequest, caller: Caller) -> PayWithTicket:
    checks = Checks()
    command = PayWithTicket(
        subject=_ticket(checks, request.ticket),
        caller=caller,
        payee_account_id=checks.client_id("payee_account_id", request.payee_account_id),
        amount=checks.amount("amount", request.amount.currency_code, request.amount.minor_units),
    )
    checks.done()
    return command


def new_ticket(request: ticket_pb2.CreateTicketRequest, caller: Caller, default_ttl_s: float) -> dict[str, Any]:
    """What a ticket is to be for."""
    checks = Checks()
    payee = request.payee_account_id
    asked = {
        "caller": caller,
        "payer": checks.client_id("payer_account_id", request.payer_account_id),
        "payee": checks.client_id("payee_account_id", payee) if payee else None,
        "amount": _optional_amount(checks, "amount", request),
        "ttl_s": request.ttl_seconds or default_ttl_s,
    }
    if payee and payee == request.payer_account_id:
        checks.fail("payee_account_id", "must be another account than the payer's")
    if not 0 <= request.ttl_seconds <= MAX_TICKET_TTL_S:
        checks.fail("ttl_seconds", f"must be 0 to {MAX_TICKET_TTL_S}")
    checks.done()
    return asked


def order_or_ticket(request: payment_service_pb2.LookupPaymentRequest) -> Subject:
    """The oneof `subject` of a request that has no payment in it."""
    named = subject(request)
    assert not isinstance(named, UUID)  # noqa: S101 - it has no such field
    return named


def subject(request: Any) -> Subject | UUID:
    """The oneof `subject` of a request: an order or ticket as its subject, a payment as its id."""
    checks = Checks()
    named: Subject | UUID = Subject("")
    match request.WhichOneof("subject"):
        case "order_id":
            named = order_subject(checks.client_id("order_id", request.order_id))
        case "ticket":
            named = _ticket(checks, request.ticket)
        case "payment_id":
            named = checks.uuid("payment_id", request.payment_id)
        case _:
            checks.fail("subject", "must be set")
    checks.done()
    return named


def reason(request: Any) -> str:
    """Why, for people."""
    checks = Checks()
    said = checks.text("reason", request.reason, REASON_LIMIT)
    checks.done()
    return said


def payment_id(request: Any) -> UUID:
    checks = Checks()
    found = checks.uuid("payment_id", request.payment_id)
    checks.done()
    return found


def capture(request: authorization_pb2.CapturePaymentRequest) -> tuple[UUID, Money | None]:
    checks = Checks()
    found = checks.uuid("payment_id", request.payment_id), _optional_amount(checks, "amount", request)
    checks.done()
    return found


def refund(request: refund_pb2.RefundPaymentRequest, caller: Caller) -> Refund:
    checks = Checks()
    command = Refund(
        payment_id=checks.uuid("payment_id", request.payment_id),
        amount=checks.amount("amount", request.amount.currency_code, request.amount.minor_units),
        reason=checks.text("reason", request.reason, REASON_LIMIT),
        caller=caller,
    )
    checks.client_id("request_id", request.request_id)
    checks.done()
    return command


def money_across(request: account_pb2.DepositRequest | account_pb2.WithdrawRequest) -> tuple[str, Money]:
    """The account and the amount of a deposit or withdrawal."""
    checks = Checks()
    found = (
        checks.client_id("account_id", request.account_id),
        checks.amount("amount", request.amount.currency_code, request.amount.minor_units),
    )
    checks.client_id("request_id", request.request_id)
    checks.done()
    return found


def new_account(request: account_pb2.CreateAccountRequest) -> NewAccount:
    checks = Checks()
    kind = ASKED_KIND.get(request.kind)
    if kind is None:
        checks.fail("kind", "must be ACCOUNT_KIND_CUSTOMER or ACCOUNT_KIND_MERCHANT")
    asked = NewAccount(
        account_id=checks.client_id("account_id", request.account_id),
        owner_id=checks.client_id("owner_id", request.owner_id),
        kind=kind or AccountKind.CUSTOMER,
        currency_code=checks.currency("currency_code", request.currency_code),
    )
    checks.done()
    return asked


def account_id(request: account_pb2.GetAccountRequest) -> str:
    checks = Checks()
    found = checks.client_id("account_id", request.account_id)
    checks.done()
    return found


def accounts_page(request: account_pb2.ListAccountsRequest) -> tuple[str | None, Page]:
    checks = Checks()
    page = Page(checks, request, (client_id,))
    owner = checks.client_id("owner_id", request.owner_id) if request.owner_id else None
    checks.done()
    return owner, page


def entries_page(request: account_pb2.ListEntriesRequest) -> tuple[str, Page]:
    checks = Checks()
    page = Page(checks, request, (_sequence,))
    found = checks.client_id("account_id", request.account_id)
    checks.done()
    return found, page


def payments_page(request: payment_service_pb2.ListPaymentsRequest) -> tuple[PaymentFilter, Page]:
    checks = Checks()
    page = Page(checks, request, (UUID,))
    asked = {
        name: checks.client_id(name, value)
        for name in ("order_id", "payer_account_id", "payee_account_id")
        if (value := getattr(request, name))
    }
    if request.state not in ASKED_STATE:
        checks.fail("state", "must be a PaymentState")
    checks.done()
    order_id = asked.get("order_id")
    wanted = PaymentFilter(
        subject=order_subject(order_id) if order_id else None,
        payer_account_id=asked.get("payer_account_id"),
        payee_account_id=asked.get("payee_account_id"),
        state=ASKED_STATE[request.state],
    )
    return wanted, page


def _ticket(checks: Checks, value: str) -> Subject:
    if not TICKET.fullmatch(value):
        checks.fail("ticket", "must be 22 characters of A-Z a-z 0-9 - _")
    return ticket_subject(value)


def _optional_amount(checks: Checks, field: str, request: Any, *, where: str = "") -> Money | None:
    if not request.HasField(field):
        return None
    asked = getattr(request, field)
    return checks.amount(where + field, asked.currency_code, asked.minor_units)


def _sequence(value: Any) -> int:
    if type(value) is not int or not 0 < value < 2**63:  # True is an int too
        raise ValueError(value)
    return value
