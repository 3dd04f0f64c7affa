"""Corrections: what takes a payment back. The intent is written first, then the order ends, then the money moves."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID, uuid5

from payment_service.domain.history import Event, EventKind
from payment_service.domain.ledger import Hold, Movement, Transfer, TransferKind
from payment_service.domain.payments import Payment, PaymentState, StateReason, Subject, refusal
from shared.errors import PayonceError, Reason
from shared.money import Money


class CorrectionKind(StrEnum):
    """REFUND and REVERSAL give a charge back; VOID ends a payment that never charged."""

    REFUND = "refund"
    REVERSAL = "reversal"
    VOID = "void"


class Correction(NamedTuple):
    """An intent to take something back; `completed_at` tells that it happened.

    `reason` is what the caller said. `state_reason` is the payment's afterwards; None for refunds.
    """

    correction_id: UUID
    subject: Subject
    payment_id: UUID
    kind: CorrectionKind
    amount: Money
    state_reason: StateReason | None
    reason: str
    actor: str
    created_at: datetime | None = None
    completed_at: datetime | None = None


def whole(payment: Payment, correction_id: UUID, state_reason: StateReason, actor: str, reason: str = "") -> Correction:
    """What takes the whole payment back: a reservation is voided, what is left of a charge is reversed."""
    held = payment.state == PaymentState.AUTHORIZED
    return Correction(
        correction_id,
        payment.subject,
        payment.payment_id,
        CorrectionKind.VOID if held else CorrectionKind.REVERSAL,
        payment.amount if held else payment.refundable,
        state_reason,
        reason,
        actor,
    )


# Where a correction of the whole leads, and what the history calls its begin and its end.
STATE_AFTER = {
    CorrectionKind.REFUND: PaymentState.REFUNDED,
    CorrectionKind.REVERSAL: PaymentState.REVERSED,
    CorrectionKind.VOID: PaymentState.VOIDED,
}
BEGUN = {
    CorrectionKind.REFUND: EventKind.REFUND_BEGUN,
    CorrectionKind.REVERSAL: EventKind.REVERSAL_BEGUN,
    CorrectionKind.VOID: EventKind.VOID_BEGUN,
}
DONE = {
    CorrectionKind.REFUND: EventKind.REFUNDED,
    CorrectionKind.REVERSAL: EventKind.REVERSED,
    CorrectionKind.VOID: EventKind.VOIDED,
}
TRANSFER_KIND = {
    CorrectionKind.REFUND: TransferKind.REFUND,
    CorrectionKind.REVERSAL: TransferKind.REVERSAL,
}


def begun(correction: Correction) -> Event:
    """The history's line for a correction that was begun."""
    return _event(correction, BEGUN[correction.kind], correction.actor)


def done(correction: Correction, actor: str) -> Event:
    """The history's line for a correction that was carried out."""
    return _event(correction, DONE[correction.kind], actor)


def _event(correction: Correction, kind: EventKind, actor: str) -> Event:
    said = ": ".join(filter(None, (correction.state_reason, correction.reason)))
    return Event(correction.subject, correction.payment_id, kind, actor, said, correction.amount.minor_units)


def movement(correction: Correction, payment: Payment) -> Movement | None:
    """What the correction does to the ledger; None when no money had moved and none was held."""
    if payment.state not in (PaymentState.AUTHORIZED, PaymentState.SUCCEEDED):
        return None  # a tombstone
    if correction.kind == CorrectionKind.VOID:
        return Hold(
            payment.payment_id, payment.payer_account_id, payment.payee_account_id, payment.amount, release=True
        )
    return Transfer(
        # Of one correction always the same transfer: the ledger's key would refuse a second one.
        uuid5(correction.correction_id, "transfer"),
        TRANSFER_KIND[correction.kind],
        payment.payee_account_id,
        payment.payer_account_id,
        correction.amount,
        payment_id=payment.payment_id,
    )


NO_CHARGE = {
    PaymentState.AUTHORIZED: Reason.PAYMENT_AUTHORIZED,
    PaymentState.DECLINED: Reason.PAYMENT_DECLINED,
    PaymentState.VOIDED: Reason.PAYMENT_VOIDED,
    PaymentState.REVERSED: Reason.PAYMENT_REVERSED,
    PaymentState.REFUNDED: Reason.PAYMENT_REFUNDED,
}


def no_charge(payment: Payment) -> PayonceError:
    """Why there is nothing to give back, or to capture, of a payment in this state."""
    return refusal(NO_CHARGE[payment.state], payment_id=payment.payment_id)


def check_refund(payment: Payment, amount: Money) -> PayonceError | None:
    """Refuse a refund of money that is not there, or of more than is left."""
    if payment.state not in (PaymentState.SUCCEEDED, PaymentState.REFUNDED):
        return no_charge(payment)
    if payment.amount.currency != amount.currency:
        return refusal(Reason.CURRENCY_MISMATCH, payment_id=payment.payment_id, currency=payment.amount.currency)
    left = payment.refundable.minor_units if payment.correction_id is None else 0
    if amount.minor_units > left:
        return refusal(Reason.REFUND_EXCEEDS_PAYMENT, payment_id=payment.payment_id, refundable_minor_units=str(left))
    return None
