"""Payments: one attempt each to pay for a subject, which is an order or a ticket."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, NewType
from uuid import UUID

from shared.errors import PayonceError, Reason
from shared.money import Money

# What a payment is for: `order:…` or `ticket:…`. The claim is on the subject, and so is the shard key.
Subject = NewType("Subject", str)
ORDER = "order:"
TICKET = "ticket:"


def order_subject(order_id: str) -> Subject:
    """The subject that an order is."""
    return Subject(ORDER + order_id)


def order_of(subject: Subject) -> str:
    """The order's id; empty when the subject is a ticket."""
    return subject.removeprefix(ORDER) if subject.startswith(ORDER) else ""


class PaymentState(StrEnum):
    """AUTHORIZED → SUCCEEDED | VOIDED; SUCCEEDED → REVERSED | REFUNDED; DECLINED is born final."""

    AUTHORIZED = "authorized"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    REVERSED = "reversed"
    REFUNDED = "refunded"
    VOIDED = "voided"


class StateReason(StrEnum):
    """Why a payment is DECLINED, REVERSED or VOIDED."""

    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    ORDER_CANCELLED = "ORDER_CANCELLED"
    ORDER_REFUNDED = "ORDER_REFUNDED"
    ORDER_ALREADY_PAID = "ORDER_ALREADY_PAID"
    REVERSAL_REQUESTED = "REVERSAL_REQUESTED"
    AUTHORIZATION_VOIDED = "AUTHORIZATION_VOIDED"
    AUTHORIZATION_EXPIRED = "AUTHORIZATION_EXPIRED"


class Payment(NamedTuple):
    """One attempt. Times are the database's, in UTC.

    `correction_id` is set from the moment on which the payment is being taken back as a whole: nothing else may then
    change it. `expires_at` is set for authorizations. It is `unconfirmed` from the charge on until its order is
    known to be PAID by it.
    """

    payment_id: UUID
    subject: Subject
    payer_account_id: str
    payee_account_id: str
    amount: Money
    captured_minor: int
    refunded_minor: int
    state: PaymentState
    state_reason: StateReason | None
    correction_id: UUID | None
    created_at: datetime
    reversed_at: datetime | None
    refunded_at: datetime | None
    expires_at: datetime | None
    unconfirmed: bool

    @property
    def refundable(self) -> Money:
        """What is left of the charge."""
        return Money(self.amount.currency, self.captured_minor - self.refunded_minor)


class LookupOutcome(StrEnum):
    """What is known about the payment of an order or ticket."""

    NOT_SEEN = "not_seen"
    IN_PROGRESS = "in_progress"
    AUTHORIZED = "authorized"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    REVERSED = "reversed"
    REFUNDED = "refunded"
    VOIDED = "voided"


class Lookup(NamedTuple):
    """The outcome, and the payment it is read from, if any."""

    outcome: LookupOutcome
    payment: Payment | None
    ticket_expired: bool = False

    @property
    def safe_to_retry(self) -> bool:
        """Nothing has been charged, and a new attempt may charge."""
        return self.outcome in (LookupOutcome.NOT_SEEN, LookupOutcome.DECLINED) and not self.ticket_expired


class Side(StrEnum):
    """One of the two accounts of a payment, by the name it has there."""

    PAYER = "payer_account_id"
    PAYEE = "payee_account_id"


class PaymentFilter(NamedTuple):
    """Which payments to list; None means any. `owned` tells which account must be whose."""

    subject: Subject | None = None
    payer_account_id: str | None = None
    payee_account_id: str | None = None
    state: PaymentState | None = None
    owned: tuple[Side, str] | None = None


TEXTS = {
    Reason.ORDER_NOT_FOUND: "There is no such order.",
    Reason.TICKET_NOT_FOUND: "There is no such ticket.",
    Reason.PAYMENT_NOT_FOUND: "There is no such payment.",
    Reason.ACCOUNT_NOT_FOUND: "There is no such account.",
    Reason.ORDER_ALREADY_PAID: "The order is paid by another payment.",
    Reason.ORDER_CANCELLED: "The order is cancelled.",
    Reason.ORDER_REFUNDED: "The order is refunded.",
    Reason.PAYMENT_AUTHORIZED: "The amount is reserved, not charged; capture it, void it, or reverse it.",
    Reason.PAYMENT_CAPTURED: "The payment is charged; refund it or reverse it.",
    Reason.PAYMENT_DECLINED: "The payment was declined; nothing moved.",
    Reason.PAYMENT_REFUNDED: "The payment is refunded in full.",
    Reason.PAYMENT_REVERSED: "The payment is reversed.",
    Reason.PAYMENT_VOIDED: "The payment is void; no money moved, and none will.",
    Reason.AUTHORIZATION_EXPIRED: "The authorization expired.",
    Reason.TICKET_EXPIRED: "The ticket expired; it never executes again.",
    Reason.TICKET_MISMATCH: "The ticket is not for this.",
    Reason.INSUFFICIENT_FUNDS: "The account does not hold enough money; nothing moved.",
    Reason.ACCOUNT_KIND_MISMATCH: "A payment goes from a customer's account to a merchant's.",
    Reason.CURRENCY_MISMATCH: "The currencies differ.",
    Reason.AMOUNT_MISMATCH: "The amounts differ.",
    Reason.BALANCE_LIMIT_EXCEEDED: "The balance would leave 64 bits.",
    Reason.REFUND_EXCEEDS_PAYMENT: "More than is left of the payment.",
}


def refusal(reason: Reason, **metadata: object) -> PayonceError:
    """The error for `reason`; the metadata say about what, empty ones are left out."""
    said = {name: str(value) for name, value in metadata.items() if value not in (None, "")}
    return PayonceError(reason, TEXTS[reason], metadata=said)
