"""Statements on the table `corrections`: the intents to take something back."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from payment_service.domain.corrections import Correction, CorrectionKind
from payment_service.domain.payments import StateReason, Subject
from payment_service.storage.schema import corrections
from shared.database import Connection
from shared.money import Money


async def write(connection: Connection, correction: Correction, *, completed: bool) -> Correction:
    """Write an intent down; `completed` when it is carried out in this same transaction."""
    values = {
        "subject": correction.subject,
        "correction_id": correction.correction_id,
        "payment_id": correction.payment_id,
        "kind": correction.kind,
        "currency": correction.amount.currency,
        "amount_minor": correction.amount.minor_units,
        "state_reason": correction.state_reason,
        "reason": correction.reason,
        "actor": correction.actor,
        "completed_at": sa.func.now() if completed else None,
    }
    row = (await connection.execute(insert(corrections).values(values).returning(corrections))).one()
    return _correction(row)


async def by_id(connection: Connection, subject: Subject, correction_id: UUID) -> Correction:
    """One correction, which must exist."""
    query = sa.select(corrections).where(corrections.c.subject == subject, corrections.c.correction_id == correction_id)
    return _correction((await connection.execute(query)).one())


async def of_subject(connection: Connection, subject: Subject) -> list[Correction]:
    """Everything that was taken back, or is to be, the oldest first."""
    query = sa.select(corrections).where(corrections.c.subject == subject).order_by(corrections.c.correction_id)
    return [_correction(row) for row in await connection.execute(query)]


async def complete(connection: Connection, correction: Correction) -> Correction | None:
    """Note that it was carried out; None when it was before."""
    query = (
        sa.update(corrections)
        .where(
            corrections.c.subject == correction.subject,
            corrections.c.correction_id == correction.correction_id,
            corrections.c.completed_at.is_(None),
        )
        .values(completed_at=sa.func.now())
        .returning(corrections)
    )
    row = (await connection.execute(query)).one_or_none()
    return _correction(row) if row else None


# By name: what is prepared for `*` fails when a later version adds a column.
COLUMNS = ", ".join(f"corrections.{column.name}" for column in corrections.columns)
# Leased like the payments that are due for the completer.
DUE = sa.text(
    f"""
    WITH due AS MATERIALIZED (
         SELECT subject, correction_id FROM corrections
          WHERE completed_at IS NULL
            AND (check_at <= now() OR check_at > now() + interval '10 seconds' AND check_at < 'infinity')
          ORDER BY check_at LIMIT :limit
            FOR UPDATE SKIP LOCKED)
    UPDATE corrections
       SET check_at = now() + power(2, least(checks, 2)) * interval '1 second', checks = checks + 1
      FROM due
     WHERE corrections.subject = due.subject AND corrections.correction_id = due.correction_id
 RETURNING {COLUMNS}
    """  # noqa: S608 - made of constants
)


async def take_due(connection: Connection, limit: int) -> Sequence[Correction]:
    """Unfinished corrections whose turn it is, leased to the caller."""
    return [_correction(row) for row in await connection.execute(DUE, {"limit": limit})]


def _correction(row: sa.Row[Any]) -> Correction:
    return Correction(
        correction_id=row.correction_id,
        subject=row.subject,
        payment_id=row.payment_id,
        kind=CorrectionKind(row.kind),
        amount=Money(row.currency, row.amount_minor),
        state_reason=StateReason(row.state_reason) if row.state_reason else None,
        reason=row.reason,
        actor=row.actor,
        created_at=row.created_at,
        completed_at=row.completed_at,
    )
