"""For each RPC a request about somebody's things, and what others are told of them. One that is missing here fails."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from payonce.order.v1 import order_service_pb2 as orders
from payonce.payment.v1 import account_pb2, authorization_pb2, batch_pb2, history_pb2, refund_pb2, ticket_pb2
from payonce.payment.v1 import payment_service_pb2 as payments
from tests.access.things import NOBODY, NUMBERS, PRICE, Sides, Things
from tests.harness.money import money

Make = Callable[[Things, Sides], Awaitable[Any]]
# Another name of the same length, which nothing has.
NEVER: dict[str, Callable[[], str]] = {
    "order_id": lambda: f"n-{next(NUMBERS):06}",
    "payment_id": lambda: str(uuid.uuid4()),
    "ticket": lambda: f"never{next(NUMBERS):017}",
    "account_id": lambda: NOBODY.payer,
    "payer_account_id": lambda: NOBODY.payer,
    "payee_account_id": lambda: NOBODY.payee,
    "customer_id": lambda: NOBODY.customer,
    "owner_id": lambda: NOBODY.customer,
    "merchant_id": lambda: NOBODY.merchant,
}


class Case(NamedTuple):
    """`by` which fields it is named; `foreign`: what those are told whose it is not, a reason or in words."""

    make: Make
    by: tuple[str, ...]
    foreign: str = ""

    def of_nobody(self, request: Any) -> tuple[Any, dict[str, str]]:
        """The same request about what never was, and its names by those that they stand for."""
        other: Any = type(request)()
        other.CopyFrom(request)
        names: dict[str, str] = {}
        for message in [other, *getattr(other, "payments", ()), *getattr(other, "orders", ())]:
            for field in self.by:
                if name := getattr(message, field, ""):
                    names[name] = NEVER[field]()
                    setattr(message, field, names[name])
        if isinstance(other, orders.BatchGetOrdersRequest):
            names |= {order_id: NEVER["order_id"]() for order_id in request.order_ids}
            other.order_ids[:] = [names[order_id] for order_id in request.order_ids]
        return other, names


def about(kind: Callable[..., Any], field: str, thing: Callable[[Things, Sides], Awaitable[str]], **more: Any) -> Make:
    """A request with one name in it."""

    async def make(things: Things, of: Sides) -> Any:
        return kind(**{field: await thing(things, of)}, **more)

    return make


async def create_order(_: Things, of: Sides) -> Any:
    return orders.CreateOrderRequest(
        order_id=NEVER["order_id"](), customer_id=of.customer, payer_account_id=of.payer, payee_account_id=of.payee,
        amount=money(PRICE), merchant_id=of.merchant,
    )  # fmt: skip


async def batch_get(things: Things, of: Sides) -> Any:
    return orders.BatchGetOrdersRequest(order_ids=[await things.order(of), await things.paid_order(of)])


async def list_orders(things: Things, of: Sides) -> Any:
    await things.order(of)
    return orders.ListOrdersRequest(customer_id=of.customer, merchant_id=of.merchant)


def marking(kind: Callable[..., Any]) -> Make:
    async def make(things: Things, of: Sides) -> Any:
        pair = orders.OrderPayment(order_id=await things.order(of), payment_id=str(uuid.uuid4()))
        return kind(payments=[pair])

    return make


async def batch_pay(things: Things, of: Sides) -> Any:
    return batch_pb2.BatchPayOrdersRequest(orders=[batch_pb2.OrderToPay(order_id=await things.order(of))])


async def create_ticket(_: Things, of: Sides) -> Any:
    return ticket_pb2.CreateTicketRequest(payer_account_id=of.payer, payee_account_id=of.payee, amount=money(PRICE))


async def pay_with_ticket(things: Things, of: Sides) -> Any:
    ticket = await things.ticket(of)
    return ticket_pb2.PayWithTicketRequest(ticket=ticket, payee_account_id=of.payee, amount=money(PRICE))


async def refund(things: Things, of: Sides) -> Any:
    return refund_pb2.RefundPaymentRequest(
        payment_id=await things.payment(of), amount=money(PRICE // 2), request_id=f"r-{next(NUMBERS)}"
    )


async def list_payments(things: Things, of: Sides) -> Any:
    await things.payment(of)
    return payments.ListPaymentsRequest(payer_account_id=of.payer, payee_account_id=of.payee)


async def list_accounts(_: Things, of: Sides) -> Any:
    return account_pb2.ListAccountsRequest(owner_id=of.owner)


async def create_account(_: Things, of: Sides) -> Any:
    name = f"a-{next(NUMBERS):06}"
    return account_pb2.CreateAccountRequest(account_id=name, owner_id=of.owner, currency_code="EUR")


def on_account(kind: Callable[..., Any]) -> Make:
    async def make(_: Things, of: Sides) -> Any:
        return kind(account_id=of.account)

    return make


def across(kind: Callable[..., Any]) -> Make:
    async def make(_: Things, of: Sides) -> Any:
        return kind(account_id=of.payer, amount=money(PRICE), request_id=f"r-{next(NUMBERS)}")

    return make


LEFT_OUT, EMPTY, NOT_SEEN = "left out", "an empty list", "NOT_SEEN, as of what nobody tried to pay"
ORDER, PAYMENT = ("order_id",), ("payment_id",)
CASES: dict[str, Case] = {
    "CreateOrder": Case(create_order, ("merchant_id",), "INVALID_REQUEST"),
    "GetOrder": Case(about(orders.GetOrderRequest, "order_id", Things.order), ORDER, "ORDER_NOT_FOUND"),
    "BatchGetOrders": Case(batch_get, ORDER, LEFT_OUT),
    "ListOrders": Case(list_orders, ("customer_id", "merchant_id"), EMPTY),
    "CancelOrder": Case(about(orders.CancelOrderRequest, "order_id", Things.order), ORDER, "ORDER_NOT_FOUND"),
    "MarkOrdersPaid": Case(marking(orders.MarkOrdersPaidRequest), ORDER),
    "MarkOrdersRefunded": Case(marking(orders.MarkOrdersRefundedRequest), ORDER),
    "PayOrder": Case(about(payments.PayOrderRequest, "order_id", Things.order), ORDER, "ORDER_NOT_FOUND"),
    "BatchPayOrders": Case(batch_pay, ORDER),
    "AuthorizePayment": Case(
        about(authorization_pb2.AuthorizePaymentRequest, "order_id", Things.order), ORDER, "ORDER_NOT_FOUND"
    ),
    "CreateTicket": Case(create_ticket, ("payer_account_id",), "ACCOUNT_NOT_FOUND"),
    "PayWithTicket": Case(pay_with_ticket, ("ticket",), "TICKET_NOT_FOUND"),
    "CapturePayment": Case(
        about(authorization_pb2.CapturePaymentRequest, "payment_id", Things.authorized), PAYMENT, "PAYMENT_NOT_FOUND"
    ),
    "VoidAuthorization": Case(
        about(authorization_pb2.VoidAuthorizationRequest, "payment_id", Things.authorized), PAYMENT, "PAYMENT_NOT_FOUND"
    ),
    "RefundPayment": Case(refund, PAYMENT, "PAYMENT_NOT_FOUND"),
    "ReversePayment": Case(about(refund_pb2.ReversePaymentRequest, "order_id", Things.paid_order), ORDER),
    "GetPayment": Case(about(payments.GetPaymentRequest, "payment_id", Things.payment), PAYMENT, "PAYMENT_NOT_FOUND"),
    "ListPayments": Case(list_payments, ("payer_account_id", "payee_account_id"), EMPTY),
    "LookupPayment": Case(about(payments.LookupPaymentRequest, "order_id", Things.paid_order), ORDER, NOT_SEEN),
    "ExplainPayment": Case(about(history_pb2.ExplainPaymentRequest, "order_id", Things.paid_order), ORDER),
    "CreateAccount": Case(create_account, ("owner_id",)),
    "GetAccount": Case(on_account(account_pb2.GetAccountRequest), ("account_id",), "ACCOUNT_NOT_FOUND"),
    "ListAccounts": Case(list_accounts, ("owner_id",), EMPTY),
    "ListEntries": Case(on_account(account_pb2.ListEntriesRequest), ("account_id",), "ACCOUNT_NOT_FOUND"),
    "Deposit": Case(across(account_pb2.DepositRequest), ("account_id",)),
    "Withdraw": Case(across(account_pb2.WithdrawRequest), ("account_id",)),
}
