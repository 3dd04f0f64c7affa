"""Charging: what is asked, what an attempt is, and what an existing payment answers to whoever asks again."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from payment_service.domain.ledger import Hold, Movement, Owners, Transfer, TransferKind
from payment_service.domain.payments import Payment, PaymentState, StateReason, Subject, order_of, refusal
from shared.callers import Caller
from shared.errors import PayonceError, Reason
from shared.money import Money


class OrderStatus(StrEnum):
    """An order's status, as order_service tells it."""

    UNPAID = "unpaid"
    PAID = "paid"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class Verdict(StrEnum):
    """order_service's answer to a step. Only REFUSED is definitive and a ground for reversing."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Order(NamedTuple):
    """What this service needs to know of an order. Its content never changes; its status may have, since."""

    order_id: str
    customer_id: str
    payer_account_id: str
    payee_account_id: str
    amount: Money
    status: OrderStatus
    payment_id: UUID | None


class PayOrder(NamedTuple):
    """The command. `expected_amount` is what the caller believes the order costs.

    `hold_for` makes it an authorization: the amount is reserved for so long, and not yet charged.
    """

    order_id: str
    caller: Caller
    expected_amount: Money | None = None
    hold_for: timedelta | None = None


class Attempt(NamedTuple):
    """A subject to be charged, with the ids that payment and transfer will have: given once, kept on every retry.

    `owners` says whose accounts they must be.
    """

    subject: Subject
    payer_account_id: str
    payee_account_id: str
    amount: Money
    caller: Caller
    owners: Owners
    hold_for: timedelta | None
    payment_id: UUID
    transfer_id: UUID

    def payment(self, created_at: datetime, expires_at: datetime | None) -> Payment:
        """The payment that it is once it has its claim, with the times that the database gave it."""
        charged = self.hold_for is None
        return Payment(
            payment_id=self.payment_id,
            subject=self.subject,
            payer_account_id=self.payer_account_id,
            payee_account_id=self.payee_account_id,
            amount=self.amount,
            captured_minor=self.amount.minor_units if charged else 0,
            refunded_minor=0,
            state=PaymentState.SUCCEEDED if charged else PaymentState.AUTHORIZED,
            state_reason=None,
            correction_id=None,
            created_at=created_at,
            reversed_at=None,
            refunded_at=None,
            expires_at=expires_at,
            unconfirmed=charged and bool(order_of(self.subject)),
        )

    @property
    def movement(self) -> Movement:
        """What it does to the ledger."""
        if self.hold_for is not None:
            return Hold(self.payment_id, self.payer_account_id, self.payee_account_id, self.amount, owners=self.owners)
        return Transfer(
            self.transfer_id,
            TransferKind.CHARGE,
            self.payer_account_id,
            self.payee_account_id,
            self.amount,
            payment_id=self.payment_id,
            owners=self.owners,
        )


class Flip(NamedTuple):
    """The next step with a payment that moved money: its order is to be PAID by it."""

    payment: Payment


class Standing(NamedTuple):
    """The payment of a subject; `confirmed` when its order is known to be PAID by it."""

    payment: Payment
    confirmed: bool


class Paid(NamedTuple):
    """The outcome OK."""

    payment: Payment
    order_confirmed: bool
    replayed: bool


REFUSED_BECAUSE = {
    OrderStatus.PAID: Reason.ORDER_ALREADY_PAID,
    OrderStatus.CANCELLED: Reason.ORDER_CANCELLED,
    OrderStatus.REFUNDED: Reason.ORDER_REFUNDED,
}


def in_progress(subject: Subject) -> PayonceError:
    """The answer when an attempt on this order or ticket did not come to its end in time."""
    text = "This is being paid by another request; send it again."
    metadata = {"order_id": order_id} if (order_id := order_of(subject)) else {}
    return PayonceError(Reason.PAYMENT_IN_PROGRESS, text, metadata=metadata, retry_after_s=0.5)


def check_expected(command: PayOrder, amount: Money) -> PayonceError | None:
    """Refuse a caller who believes in another amount."""
    expected = command.expected_amount
    if expected is None or expected == amount:
        return None
    reason = Reason.CURRENCY_MISMATCH if expected.currency != amount.currency else Reason.AMOUNT_MISMATCH
    return refusal(
        reason, order_id=command.order_id, fields="expected_amount", amount=str(amount), expected=str(expected)
    )


def next_step(order: Order, payment: Payment | None) -> Flip | Standing | PayonceError | None:
    """What to do about an order, given its payment in our own books; None: charge it.

    Our own books come first: an order that is final because of what stands there is answered with that.
    """
    if payment is None:
        return None if order.status == OrderStatus.UNPAID else _refused_by(order)
    if payment.state != PaymentState.VOIDED and not _is_for(payment, order):
        # The id was another order's, which a restore of the orders forgot: that one was paid, and this one never is.
        return refusal(Reason.ORDER_ALREADY_PAID, order_id=order.order_id)
    if payment.state == PaymentState.SUCCEEDED:
        if order.status == OrderStatus.PAID and order.payment_id == payment.payment_id:
            return Standing(payment, confirmed=True)
        if order.status == OrderStatus.UNPAID or payment.unconfirmed:
            return Flip(payment)  # a crash, or a late answer, left it without; if it is refused, the money goes back
        return _refused_by(order)
    if payment.state == PaymentState.VOIDED or order.status == OrderStatus.UNPAID:
        return Standing(payment, confirmed=False)
    return _refused_by(order)


def _is_for(payment: Payment, order: Order) -> bool:
    asked = (order.payer_account_id, order.payee_account_id, order.amount)
    return (payment.payer_account_id, payment.payee_account_id, payment.amount) == asked


def _refused_by(order: Order) -> PayonceError:
    return refusal(REFUSED_BECAUSE[order.status], order_id=order.order_id)


def answer_of(standing: Standing, *, hold: bool, replayed: bool) -> Paid | PayonceError:
    """The answer that a payment gives to whoever asks to pay for its subject, or to `hold` its amount."""
    payment = standing.payment
    order_id = order_of(payment.subject)
    match payment.state:
        case PaymentState.SUCCEEDED if hold and payment.expires_at is None:
            return refusal(Reason.ORDER_ALREADY_PAID, order_id=order_id)  # by PayOrder, not by an authorization
        case PaymentState.SUCCEEDED:
            return Paid(payment, standing.confirmed, replayed)
        case PaymentState.AUTHORIZED if hold:
            return Paid(payment, order_confirmed=False, replayed=replayed)
        case PaymentState.AUTHORIZED:
            return refusal(Reason.PAYMENT_AUTHORIZED, order_id=order_id, payment_id=payment.payment_id)
        case PaymentState.REFUNDED:
            return refusal(Reason.ORDER_REFUNDED if order_id else Reason.PAYMENT_REFUNDED, order_id=order_id)
        case PaymentState.VOIDED:
            return refusal(Reason.PAYMENT_VOIDED, order_id=order_id)
        case PaymentState.REVERSED if payment.state_reason == StateReason.REVERSAL_REQUESTED:
            return refusal(Reason.PAYMENT_REVERSED, order_id=order_id)
        case PaymentState.REVERSED | PaymentState.DECLINED:
            return refusal(Reason(payment.state_reason or Reason.PAYMENT_REVERSED), order_id=order_id)
