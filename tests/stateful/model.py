"""What the services promise, as a few dictionaries: every request's answer, and how things stand afterwards."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message


class RefusedError(Exception):
    """The answer is this reason, and (but for a capture that the order refuses) nothing changed."""


@dataclass
class Account:
    kind: str
    currency: str
    balance: int = 0
    held: int = 0


@dataclass
class Payment:
    """The one attempt for an order or ticket that is not declined. Its id is the server's, learned from its answer."""

    payer: str
    payee: str
    amount: int
    currency: str
    state: str
    captured: int = 0
    refunded: int = 0
    reason: str = ""
    reserved_first: bool = False
    payment_id: str = ""


@dataclass
class Order:
    """An order, or a ticket: then `payee` and `amount` may be open, and the status means nothing."""

    request: Message
    payer: str
    payee: str
    amount: int
    currency: str
    status: str = "UNPAID"
    payment: Payment | None = None

    def end(self) -> None:
        """The way back: UNPAID → CANCELLED, PAID → REFUNDED."""
        self.status = {"UNPAID": "CANCELLED", "PAID": "REFUNDED"}.get(self.status, self.status)


@dataclass
class Answer:
    """OK: whether it is a replay, and what it is about. Replays of the same `key` are equal messages.

    With a `reason` it is a refusal.
    """

    about: Any = None
    replayed: bool = False
    key: tuple[str, ...] = ()
    reason: str = ""


NO_CHARGE = {
    state: f"PAYMENT_{state}" for state in ("AUTHORIZED", "VOIDED", "REVERSED", "REFUNDED")
}  # of nothing can be given back


@dataclass
class Model:
    """`answer` takes any request and changes the model as the services should change. Each method is one RPC."""

    accounts: dict[str, Account] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    tickets: dict[str, Order] = field(default_factory=dict)
    requests: dict[tuple[str, str], tuple[Message, Any]] = field(default_factory=dict)

    def answer(self, method: str, request: Any) -> Answer:
        promise: Callable[[Any], Answer] = getattr(self, f"_{method}")
        try:
            return promise(request)
        except RefusedError as refused:
            return Answer(reason=str(refused))

    def _CreateOrder(self, request: Any) -> Answer:  # noqa: N802 - the methods are named as the RPCs are
        there = self.orders.get(request.order_id)
        if there:
            refuse(there.request != request, "ORDER_ALREADY_EXISTS")
            return Answer(there, replayed=True)
        made = self.orders[request.order_id] = Order(
            request, request.payer_account_id, request.payee_account_id, *amount_of(request)
        )
        return Answer(made)

    def _CancelOrder(self, request: Any) -> Answer:  # noqa: N802
        order = self.orders[request.order_id]
        refuse(order.status == "PAID", "ORDER_ALREADY_PAID")
        refuse(order.status == "REFUNDED", "ORDER_REFUNDED")
        replayed = order.status == "CANCELLED"
        order.status = "CANCELLED"
        return Answer(order, replayed)

    def _PayOrder(self, request: Any, *, hold: bool = False) -> Answer:  # noqa: N802
        order = self.orders[request.order_id]
        if request.HasField("expected_amount"):
            refuse(request.expected_amount.currency_code != order.currency, "CURRENCY_MISMATCH")
            refuse(request.expected_amount.minor_units != order.amount, "AMOUNT_MISMATCH")
        payment = order.payment
        if payment is None:
            refuse(order.status != "UNPAID", f"ORDER_{order.status}")
            order.payment = self._charge(order.payer, order.payee, order.amount, order.currency, hold=hold)
            order.status = order.status if hold else "PAID"
            return Answer(order.payment, key=() if hold else ("PayOrder", request.order_id))
        refuse(payment.state == "VOIDED", "PAYMENT_VOIDED")
        refuse(order.status in ("CANCELLED", "REFUNDED"), f"ORDER_{order.status}")
        refuse(payment.state == "AUTHORIZED" and not hold, "PAYMENT_AUTHORIZED")
        refuse(hold and not payment.reserved_first, "ORDER_ALREADY_PAID")
        return Answer(payment, replayed=True, key=() if hold else ("PayOrder", request.order_id))

    def _AuthorizePayment(self, request: Any) -> Answer:  # noqa: N802
        return self._PayOrder(request, hold=True)

    def _CapturePayment(self, request: Any) -> Answer:  # noqa: N802
        order, payment = self._payment(request.payment_id)
        wanted = request.amount.minor_units if request.HasField("amount") else payment.amount
        refuse(request.HasField("amount") and request.amount.currency_code != payment.currency, "CURRENCY_MISMATCH")
        refuse(wanted > payment.amount, "AMOUNT_MISMATCH")
        key = ("CapturePayment", request.payment_id)
        if payment.state == "SUCCEEDED":
            refuse(not payment.reserved_first, "PAYMENT_CAPTURED")
            refuse(payment.captured != wanted, "AMOUNT_MISMATCH")
            return Answer(payment, replayed=True, key=key)
        refuse(payment.state == "REVERSED" and payment.reason != "REVERSAL_REQUESTED", payment.reason)
        refuse(payment.state != "AUTHORIZED", NO_CHARGE.get(payment.state, ""))
        self.accounts[payment.payer].held -= payment.amount
        payment.captured, payment.state = wanted, "SUCCEEDED"
        self._move(payment.payer, payment.payee, wanted)
        if order.status == "CANCELLED":
            self._give_back(payment, wanted)
            payment.state, payment.reason = "REVERSED", "ORDER_CANCELLED"
            raise RefusedError(payment.reason)
        order.status = "PAID"
        return Answer(payment, key=key)

    def _VoidAuthorization(self, request: Any) -> Answer:  # noqa: N802
        order, payment = self._payment(request.payment_id)
        if payment.state == "VOIDED":
            return Answer(payment, replayed=True)
        refuse(payment.state == "SUCCEEDED", "PAYMENT_CAPTURED")
        refuse(payment.state != "AUTHORIZED", NO_CHARGE.get(payment.state, ""))
        self._release(payment, "AUTHORIZATION_VOIDED")
        order.end()
        return Answer(payment)

    def _RefundPayment(self, request: Any) -> Answer:  # noqa: N802
        if answer := self._asked_before("RefundPayment", request):
            return answer
        order, payment = self._payment(request.payment_id)
        refuse(payment.state not in ("SUCCEEDED", "REFUNDED"), NO_CHARGE.get(payment.state, ""))
        refuse(request.amount.currency_code != payment.currency, "CURRENCY_MISMATCH")
        refuse(request.amount.minor_units > payment.captured - payment.refunded, "REFUND_EXCEEDS_PAYMENT")
        self._give_back(payment, request.amount.minor_units)
        payment.refunded += request.amount.minor_units
        if payment.refunded == payment.captured:
            payment.state = "REFUNDED"
            order.end()
        return self._remember("RefundPayment", request)

    def _ReversePayment(self, request: Any) -> Answer:  # noqa: N802
        if request.HasField("payment_id"):
            order, _ = self._payment(request.payment_id)
        else:
            order = self.orders[request.order_id] if request.HasField("order_id") else self.tickets[request.ticket]
        payment = order.payment
        if payment is None:
            payment = order.payment = Payment(order.payer, order.payee, order.amount, order.currency, "VOIDED")
            payment.reason = "REVERSAL_REQUESTED"
        elif payment.state == "SUCCEEDED":
            self._give_back(payment, payment.captured - payment.refunded)
            payment.state, payment.reason = "REVERSED", "REVERSAL_REQUESTED"
        elif payment.state == "AUTHORIZED":
            self._release(payment, "REVERSAL_REQUESTED")
        else:
            refuse(payment.state == "REFUNDED", "PAYMENT_REFUNDED")
            return Answer(payment, replayed=True)
        order.end()
        return Answer(payment)

    def _CreateTicket(self, request: Any) -> Answer:  # noqa: N802
        payer = self.accounts[request.payer_account_id]
        refuse(payer.kind != "CUSTOMER", "ACCOUNT_KIND_MISMATCH")
        asked = request.amount.currency_code or payer.currency
        refuse(asked != payer.currency, "CURRENCY_MISMATCH")
        return Answer(
            Order(request, request.payer_account_id, request.payee_account_id, request.amount.minor_units, asked)
        )

    def _PayWithTicket(self, request: Any) -> Answer:  # noqa: N802
        ticket = self.tickets[request.ticket]
        made_for = ticket.request
        wanted = (request.amount.minor_units, request.amount.currency_code)
        refuse(getattr(made_for, "payee_account_id", "") not in ("", request.payee_account_id), "TICKET_MISMATCH")
        refuse(ticket.amount != 0 and (ticket.amount, ticket.currency) != wanted, "TICKET_MISMATCH")
        payment = ticket.payment
        key = ("PayWithTicket", request.ticket)
        if payment is None:
            ticket.payment = self._charge(ticket.payer, request.payee_account_id, *wanted)
            return Answer(ticket.payment, key=key)
        refuse(payment.payee not in ("", request.payee_account_id), "TICKET_MISMATCH")
        refuse(payment.amount != 0 and (payment.amount, payment.currency) != wanted, "TICKET_MISMATCH")
        refuse(payment.state != "SUCCEEDED", NO_CHARGE.get(payment.state, ""))
        return Answer(payment, replayed=True, key=key)

    def _Deposit(self, request: Any) -> Answer:  # noqa: N802
        return self._cross("Deposit", request, request.amount.minor_units)

    def _Withdraw(self, request: Any) -> Answer:  # noqa: N802
        return self._cross("Withdraw", request, -request.amount.minor_units)

    def _cross(self, method: str, request: Any, change: int) -> Answer:
        if answer := self._asked_before(method, request):
            return answer
        account = self.accounts[request.account_id]
        refuse(request.amount.currency_code != account.currency, "CURRENCY_MISMATCH")
        refuse(change < 0 and account.balance - account.held + change < 0, "INSUFFICIENT_FUNDS")
        account.balance += change
        return self._remember(method, request, account.balance)

    def _asked_before(self, method: str, request: Any) -> Answer | None:
        earlier = self.requests.get((method, request.request_id))
        if earlier is None:
            return None
        refuse(earlier[0] != request, "IDEMPOTENCY_KEY_REUSED")
        return Answer(earlier[1], replayed=True, key=(method, request.request_id))

    def _remember(self, method: str, request: Any, about: Any = None) -> Answer:
        self.requests[method, request.request_id] = (request, about)
        return Answer(about, key=(method, request.request_id))

    def _payment(self, payment_id: str) -> tuple[Order, Payment]:
        for order in (*self.orders.values(), *self.tickets.values()):
            if order.payment and order.payment.payment_id == payment_id:
                return order, order.payment
        raise RefusedError("PAYMENT_NOT_FOUND")

    def _charge(self, payer: str, payee: str, amount: int, currency: str, *, hold: bool = False) -> Payment:
        source, target = self.accounts[payer], self.accounts[payee]
        refuse(currency != source.currency or currency != target.currency, "CURRENCY_MISMATCH")
        refuse(source.kind != "CUSTOMER" or target.kind != "MERCHANT", "ACCOUNT_KIND_MISMATCH")
        refuse(source.balance - source.held < amount, "INSUFFICIENT_FUNDS")
        if hold:
            source.held += amount
            return Payment(payer, payee, amount, currency, "AUTHORIZED", reserved_first=True)
        self._move(payer, payee, amount)
        return Payment(payer, payee, amount, currency, "SUCCEEDED", captured=amount)

    def _move(self, source: str, target: str, amount: int) -> None:
        self.accounts[source].balance -= amount
        self.accounts[target].balance += amount

    def _give_back(self, payment: Payment, amount: int) -> None:
        self._move(payment.payee, payment.payer, amount)

    def _release(self, payment: Payment, reason: str) -> None:
        self.accounts[payment.payer].held -= payment.amount
        payment.state, payment.reason = "VOIDED", reason


def amount_of(request: Any) -> tuple[int, str]:
    return request.amount.minor_units, request.amount.currency_code


def refuse(applies: bool, reason: str) -> None:
    if applies:
        raise RefusedError(reason)
