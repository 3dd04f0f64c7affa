"""Payments: what was asked, what was decided, and why."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.errors import PayonceError, Reason
from shared.money import Money


class PaymentState(StrEnum):
    """SUCCEEDED → REVERSED | REFUNDED; DECLINED and VOIDED are born final."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    REVERSED = "reversed"
    REFUNDED = "refunded"
    VOIDED = "voided"


class OrderStatus(StrEnum):
    """An order's status, as order_service tells it."""

    UNPAID = "unpaid"
    PAID = "paid"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class Verdict(StrEnum):
    """order_service's answer to a flip. Only REFUSED is definitive and a ground for reversing."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Order:
    """What this service needs to know of an order. Its content never changes; its status may have, since."""

    order_id: str
    customer_id: str
    payer_account_id: str
    payee_account_id: str
    amount: Money
    status: OrderStatus
    payment_id: UUID | None


@dataclass(frozen=True, slots=True)
class Payment:
    """One attempt to pay an order. Times are the database's, in UTC."""

    payment_id: UUID
    order_id: str
    payer_account_id: str
    payee_account_id: str
    amount: Money
    state: PaymentState
    state_reason: Reason | None
    created_at: datetime
    confirmed_at: datetime | None
    reversed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """An order to be charged, with the ids that payment and transfer will have: given once, kept on every retry."""

    order: Order
    payment_id: UUID
    transfer_id: UUID


@dataclass(frozen=True, slots=True)
class PayOrder:
    """The command. `expected_amount` is what the caller believes the order costs."""

    order_id: str
    expected_amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Paid:
    """The outcome OK."""

    payment: Payment
    order_confirmed: bool
    replayed: bool


REFUSED_BECAUSE = {
    OrderStatus.PAID: Reason.ORDER_ALREADY_PAID,
    OrderStatus.CANCELLED: Reason.ORDER_CANCELLED,
    OrderStatus.REFUNDED: Reason.ORDER_REFUNDED,
}
TEXTS = {
    Reason.ORDER_ALREADY_PAID: "The order is paid by another payment.",
    Reason.ORDER_CANCELLED: "The order is cancelled.",
    Reason.ORDER_REFUNDED: "The order is refunded.",
    Reason.PAYMENT_VOIDED: "A reversal forbade this payment before it came.",
    Reason.INSUFFICIENT_FUNDS: "The account does not hold enough money; nothing moved.",
    Reason.ACCOUNT_NOT_FOUND: "There is no such account.",
    Reason.ACCOUNT_KIND_MISMATCH: "An order is paid from a customer's account to a merchant's.",
    Reason.CURRENCY_MISMATCH: "The currencies differ.",
    Reason.AMOUNT_MISMATCH: "The order costs another amount than expected.",
    Reason.BALANCE_LIMIT_EXCEEDED: "The balance would leave 64 bits.",
}


def refusal(reason: Reason, order_id: str, **metadata: str) -> PayonceError:
    """The error for `reason`, about this order."""
    return PayonceError(reason, TEXTS[reason], metadata={"order_id": order_id, **metadata})


def in_progress(order_id: str) -> PayonceError:
    """The answer when an attempt on this order did not come to its end in time."""
    text = "This order is being paid by another request; send it again."
    return PayonceError(Reason.PAYMENT_IN_PROGRESS, text, metadata={"order_id": order_id}, retry_after_s=0.5)


def check_expected(command: PayOrder, amount: Money) -> PayonceError | None:
    """Refuse a caller who believes in another amount."""
    expected = command.expected_amount
    if expected is None or expected == amount:
        return None
    reason = Reason.CURRENCY_MISMATCH if expected.currency != amount.currency else Reason.AMOUNT_MISMATCH
    return refusal(reason, command.order_id, fields="expected_amount", amount=str(amount), expected=str(expected))


def answer_of(payment: Payment, *, order_confirmed: bool, replayed: bool) -> Paid | PayonceError:
    """The answer that an existing payment gives to whoever asks to pay its order."""
    match payment.state:
        case PaymentState.SUCCEEDED:
            return Paid(payment, order_confirmed, replayed)
        case PaymentState.REFUNDED:
            return refusal(Reason.ORDER_REFUNDED, payment.order_id)
        case PaymentState.VOIDED:
            return refusal(Reason.PAYMENT_VOIDED, payment.order_id)
        case PaymentState.REVERSED | PaymentState.DECLINED:
            return refusal(payment.state_reason or Reason.ORDER_CANCELLED, payment.order_id)


class LookupOutcome(StrEnum):
    """What is known about an order's payment."""

    NOT_SEEN = "not_seen"
    IN_PROGRESS = "in_progress"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    REVERSED = "reversed"
    REFUNDED = "refunded"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class Lookup:
    """The outcome, and the payment it is read from, if any."""

    outcome: LookupOutcome
    payment: Payment | None

    @property
    def safe_to_retry(self) -> bool:
        """Nothing has been charged, and a new attempt may charge."""
        return self.outcome in (LookupOutcome.NOT_SEEN, LookupOutcome.DECLINED)
