"""payment_service.storage.claims."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from payment_service.domain.charges import Attempt
from payment_service.domain.payments import Payment, PaymentState, StateReason, Subject, order_of
from simulation.database import statement
from simulation.storage.payments import note_unconfirmed, payment_of
from simulation.tables import Transaction, Values


def same_claim(subject: Subject) -> Callable[[Values], bool]:
    """The partial unique index `payments_claim`."""
    return lambda row: row["subject"] == subject and row["state"] != "declined"


@statement
async def claim(t: Transaction, attempts: Sequence[Attempt]) -> dict[Subject, Payment]:
    won: dict[Subject, Payment] = {}
    for attempt in sorted(attempts, key=lambda a: a.subject):
        t.noticed.add(attempt.subject)
        expires_at = t.now + attempt.hold_for if attempt.hold_for is not None else None
        state = PaymentState.SUCCEEDED if expires_at is None else PaymentState.AUTHORIZED
        row = _row(t, attempt, state, None, expires_at=expires_at)
        if await t.insert("payments", row, same_claim(attempt.subject), on_conflict_nothing=True):
            won[attempt.subject] = attempt.payment(t.now, expires_at)
            if expires_at is None and order_of(attempt.subject):
                await note_unconfirmed(t, attempt.subject, attempt.payment_id)
    return {attempt.subject: won[attempt.subject] for attempt in attempts if attempt.subject in won}


@statement
async def unclaim(t: Transaction, attempts: Sequence[Attempt]) -> None:
    for attempt in attempts:
        for table in ("payments", "unconfirmed"):
            if t.get(table, attempt.payment_id, attempt.subject):
                await t.lock(table, attempt.payment_id, attempt.subject)
                t.write(table, None, attempt.payment_id, attempt.subject)


@statement
async def record_declined(t: Transaction, attempts: Sequence[Attempt]) -> None:
    for attempt in attempts:
        row = _row(t, attempt, PaymentState.DECLINED, StateReason.INSUFFICIENT_FUNDS)
        await t.insert("payments", row)


@statement
async def tombstone(t: Transaction, attempt: Attempt, correction_id: UUID) -> Payment | None:
    row = _row(t, attempt, PaymentState.VOIDED, StateReason.REVERSAL_REQUESTED, correction_id=correction_id)
    taken = await t.insert("payments", row, same_claim(attempt.subject), on_conflict_nothing=True)
    return payment_of(t, row) if taken else None


@statement
async def is_held(t: Transaction, subject: Subject) -> bool:
    return any(subject in other.noticed for other in t.server.under_way() if not other.ended)


def _row(
    t: Transaction,
    attempt: Attempt,
    state: PaymentState,
    reason: StateReason | None,
    *,
    expires_at: datetime | None = None,
    correction_id: UUID | None = None,
) -> Values:
    return {
        "subject": attempt.subject,
        "payment_id": attempt.payment_id,
        "payer_account_id": attempt.payer_account_id,
        "payee_account_id": attempt.payee_account_id,
        "currency": attempt.amount.currency,
        "amount_minor": attempt.amount.minor_units,
        "state": str(state),
        "state_reason": str(reason) if reason else None,
        "created_at": t.now,
        "reversed_at": None,
        "captured_minor": attempt.amount.minor_units if state == PaymentState.SUCCEEDED else 0,
        "refunded_minor": 0,
        "refunded_at": None,
        "expires_at": expires_at,
        "correction_id": correction_id,
    }
