"""Requests, checked: what a use case gets. Each raises INVALID_REQUEST with every violation found."""

from collections.abc import Sequence
from datetime import datetime

from order_service.domain.orders import Filter, Flip, Order, OrderContent
from order_service.rpc.messages import STATUS
from payonce.order.v1 import order_service_pb2
from shared.callers import Caller, Role, Scope
from shared.checks import Checks
from shared.ids import client_id
from shared.rpc.paging import Page

BATCH_LIMIT = 1000
STATUS_ASKED = {message: status for status, message in STATUS.items()}


def content(request: order_service_pb2.CreateOrderRequest, caller: Caller) -> OrderContent:
    """The content of a new order. A merchant's is its own, whether the request says so or says nothing of it."""
    checks = Checks()
    content = OrderContent(
        order_id=checks.client_id("order_id", request.order_id),
        customer_id=checks.client_id("customer_id", request.customer_id),
        payer_account_id=checks.client_id("payer_account_id", request.payer_account_id),
        payee_account_id=checks.client_id("payee_account_id", request.payee_account_id),
        amount=checks.amount("amount", request.amount.currency_code, request.amount.minor_units),
        description=checks.text("description", request.description, limit=200),
        merchant_id=_merchant(checks, request.merchant_id, caller),
    )
    if content.payer_account_id == content.payee_account_id:
        checks.fail("payee_account_id", "must be another account than the payer's")
    checks.done()
    return content


def _merchant(checks: Checks, asked: str, caller: Caller) -> str | None:
    if caller.role is Role.MERCHANT and caller.scope is Scope.OWN:
        if asked not in ("", caller.subject):
            checks.fail("merchant_id", "must be empty, or who calls")
        return checks.client_id("merchant_id", caller.subject)
    return checks.client_id("merchant_id", asked) if asked else None


def order_id(value: str) -> str:
    """An order's id."""
    checks = Checks()
    checks.client_id("order_id", value)
    checks.done()
    return value


def order_ids(request: order_service_pb2.BatchGetOrdersRequest) -> Sequence[str]:
    """The ids of a batch."""
    checks = Checks()
    checks.size("order_ids", len(request.order_ids), BATCH_LIMIT)
    checks.done()
    for i, one in enumerate(request.order_ids):
        checks.client_id(f"order_ids[{i}]", one)
    checks.done()
    return request.order_ids


def flips(payments: Sequence[order_service_pb2.OrderPayment]) -> list[Flip]:
    """The pairs of a batch."""
    checks = Checks()
    checks.size("payments", len(payments), BATCH_LIMIT)
    checks.done()
    flips = [
        Flip(
            checks.client_id(f"payments[{i}].order_id", pair.order_id),
            checks.uuid(f"payments[{i}].payment_id", pair.payment_id),
        )
        for i, pair in enumerate(payments)
    ]
    checks.done()
    return flips


def listing(request: order_service_pb2.ListOrdersRequest) -> tuple[Filter, Page]:
    """Which orders, and which page of them."""
    checks = Checks()
    page = Page(checks, request, (_moment, client_id))
    for field in ("customer_id", "payee_account_id", "merchant_id"):
        if value := getattr(request, field):
            checks.client_id(field, value)
    if request.status not in STATUS_ASKED:
        checks.fail("status", "must be an OrderStatus")
    checks.done()
    wanted = Filter(
        customer_id=request.customer_id or None,
        payee_account_id=request.payee_account_id or None,
        status=STATUS_ASKED[request.status],
        merchant_id=request.merchant_id or None,
    )
    return wanted, page


def position(order: Order) -> tuple[datetime, str]:
    """Where an order stands in a list."""
    return order.created_at, order.content.order_id


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment
