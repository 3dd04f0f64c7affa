"""payment_service.storage.corrections."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from payment_service.domain.corrections import Correction, CorrectionKind
from payment_service.domain.payments import StateReason, Subject
from shared.money import Money
from simulation.database import statement
from simulation.storage.payments import leased
from simulation.tables import Transaction, Values


@statement
async def write(t: Transaction, correction: Correction, *, completed: bool) -> Correction:
    row: Values = {
        "subject": correction.subject,
        "correction_id": correction.correction_id,
        "payment_id": correction.payment_id,
        "kind": str(correction.kind),
        "currency": correction.amount.currency,
        "amount_minor": correction.amount.minor_units,
        "state_reason": str(correction.state_reason) if correction.state_reason else None,
        "reason": correction.reason,
        "actor": correction.actor,
        "created_at": t.now,
        "completed_at": t.now if completed else None,
        "check_at": t.now + timedelta(seconds=2),
        "checks": 0,
    }
    await t.insert("corrections", row)
    return _correction(row)


@statement
async def by_id(t: Transaction, subject: Subject, correction_id: UUID) -> Correction:
    row = t.get("corrections", subject, correction_id)
    assert row, f"no correction {correction_id}"  # noqa: S101 - the real one raises too
    return _correction(row)


@statement
async def of_subject(t: Transaction, subject: Subject) -> list[Correction]:
    rows = [row for row in t.rows("corrections") if row["subject"] == subject]
    return [_correction(row) for row in sorted(rows, key=lambda row: row["correction_id"].int)]


@statement
async def complete(t: Transaction, correction: Correction) -> Correction | None:
    key = (correction.subject, correction.correction_id)
    row = t.get("corrections", *key)
    if row is None or row["completed_at"] is not None:
        return None
    row = await t.lock("corrections", *key)
    if row is None or row["completed_at"] is not None:
        return None
    new = {**row, "completed_at": t.now}
    t.write("corrections", new, *key)
    return _correction(new)


@statement
async def take_due(t: Transaction, limit: int) -> Sequence[Correction]:
    due = [row for row in t.rows("corrections") if row["completed_at"] is None and row["check_at"] <= t.now]
    found: list[Correction] = []
    for row in sorted(due, key=lambda row: row["check_at"]):
        key = (row["subject"], row["correction_id"])
        if len(found) == limit or not t.is_free("corrections", *key):
            continue
        await t.lock("corrections", *key)
        new = leased(t, row)
        t.write("corrections", new, *key)
        found.append(_correction(new))
    return found


def _correction(row: Values) -> Correction:
    reason = row["state_reason"]
    return Correction(
        correction_id=row["correction_id"],
        subject=row["subject"],
        payment_id=row["payment_id"],
        kind=CorrectionKind(row["kind"]),
        amount=Money(row["currency"], row["amount_minor"]),
        state_reason=StateReason(reason) if reason else None,
        reason=row["reason"],
        actor=row["actor"],
        created_at=row["created_at"],
        completed_at=row["completed_at"],
    )
