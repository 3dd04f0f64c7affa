"""From an `Ask` to a request, and from an answer to what the story learns from it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from faults.stories import Ask, Story
from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import account_pb2, authorization_pb2, batch_pb2, payment_service_pb2, refund_pb2, ticket_pb2
from payonce.type.v1.money_pb2 import Money

CURRENCY = "EUR"
OF_ORDERS = {"CreateOrder", "CancelOrder", "GetOrder"}
NEEDS_PAYMENT = {"RefundPayment", "CapturePayment", "VoidAuthorization"}


@dataclass(slots=True)
class Learned:
    """What the clients of a story know from its answers."""

    payment_id: str = ""
    ticket: str = ""

    def learn(self, answer: Any) -> None:
        """From any OK."""
        if isinstance(answer, ticket_pb2.Ticket):
            self.ticket = answer.ticket
        elif "payment" in answer.DESCRIPTOR.fields_by_name and answer.payment.payment_id:
            self.payment_id = answer.payment.payment_id


def money(minor_units: int) -> Money:
    """So much, in the one currency of these stories."""
    return Money(currency_code=CURRENCY, minor_units=minor_units)


def request(ask: Ask, story: Story, known: Learned) -> Any:
    """The request; None when the story does not know enough for it."""
    lacking = (ask.rpc in NEEDS_PAYMENT and not known.payment_id) or (story.kind == "ticket" and not _has(ask, known))
    return None if lacking else REQUESTS[ask.rpc](ask, story, known)


def _has(ask: Ask, known: Learned) -> bool:
    return ask.rpc == "CreateTicket" or bool(known.ticket)


def _create_order(ask: Ask, story: Story, __: Learned) -> Any:
    return order_service_pb2.CreateOrderRequest(
        order_id=ask.values.get("order_id", story.order_id),
        customer_id=story.customer,
        payer_account_id=story.customer,
        payee_account_id=story.merchant,
        amount=money(story.amount),
    )


def _pay_order(ask: Ask, story: Story, _: Learned) -> Any:
    expected = money(ask.values["expected"]) if "expected" in ask.values else None
    order_id = ask.values.get("order_id", story.order_id)
    return payment_service_pb2.PayOrderRequest(order_id=order_id, expected_amount=expected)


def _cancel_order(ask: Ask, story: Story, _: Learned) -> Any:
    return order_service_pb2.CancelOrderRequest(order_id=ask.values.get("order_id", story.order_id))


def _pay_orders(ask: Ask, _: Story, __: Learned) -> Any:
    return batch_pb2.BatchPayOrdersRequest(
        orders=[batch_pb2.OrderToPay(order_id=name) for name in ask.values["orders"]]
    )


def _create_ticket(ask: Ask, story: Story, _: Learned) -> Any:
    if not ask.values["bound"]:
        return ticket_pb2.CreateTicketRequest(payer_account_id=story.customer)
    return ticket_pb2.CreateTicketRequest(
        payer_account_id=story.customer, payee_account_id=story.merchant, amount=money(story.amount)
    )


def _use_ticket(_: Ask, story: Story, known: Learned) -> Any:
    return ticket_pb2.PayWithTicketRequest(
        ticket=known.ticket, payee_account_id=story.merchant, amount=money(story.amount)
    )


def _refund(ask: Ask, _: Story, known: Learned) -> Any:
    return refund_pb2.RefundPaymentRequest(
        payment_id=known.payment_id, amount=money(ask.values["amount"]), request_id=ask.values["request_id"]
    )


def _reverse(_: Ask, story: Story, known: Learned) -> Any:
    if story.kind == "ticket":
        return refund_pb2.ReversePaymentRequest(ticket=known.ticket)
    return refund_pb2.ReversePaymentRequest(order_id=story.order_id)


def _lookup(_: Ask, story: Story, known: Learned) -> Any:
    if story.kind == "ticket":
        return payment_service_pb2.LookupPaymentRequest(ticket=known.ticket)
    return payment_service_pb2.LookupPaymentRequest(order_id=story.order_id)


def _capture(ask: Ask, _: Story, known: Learned) -> Any:
    return authorization_pb2.CapturePaymentRequest(payment_id=known.payment_id, amount=money(ask.values["amount"]))


def _deposit(ask: Ask, story: Story, _: Learned) -> Any:
    values = {"amount": money(ask.values["amount"]), "request_id": ask.values["request_id"]}
    return account_pb2.DepositRequest(account_id=story.customer, **values)


def _withdraw(ask: Ask, story: Story, _: Learned) -> Any:
    values = {"amount": money(ask.values["amount"]), "request_id": ask.values["request_id"]}
    return account_pb2.WithdrawRequest(account_id=story.customer, **values)


REQUESTS: dict[str, Callable[[Ask, Story, Learned], Any]] = {
    "CreateOrder": _create_order,
    "CancelOrder": _cancel_order,
    "PayOrder": _pay_order,
    "BatchPayOrders": _pay_orders,
    "AuthorizePayment": lambda _, story, __: authorization_pb2.AuthorizePaymentRequest(order_id=story.order_id),
    "CapturePayment": _capture,
    "VoidAuthorization": lambda _, __, known: authorization_pb2.VoidAuthorizationRequest(payment_id=known.payment_id),
    "CreateTicket": _create_ticket,
    "PayWithTicket": _use_ticket,
    "RefundPayment": _refund,
    "ReversePayment": _reverse,
    "LookupPayment": _lookup,
    "Deposit": _deposit,
    "Withdraw": _withdraw,
}
