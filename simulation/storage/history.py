"""payment_service.storage.history."""

from collections.abc import Sequence
from uuid import UUID

from payment_service.domain.history import Event, EventKind
from payment_service.domain.payments import Subject
from simulation.database import statement
from simulation.tables import Transaction


@statement
async def record(t: Transaction, events: Sequence[Event]) -> None:
    for e in events:
        await line(t, e.subject, e.payment_id, e.kind, actor=e.actor, reason=e.reason or None, minor=e.amount_minor)


@statement
async def of_subject(t: Transaction, subject: Subject) -> list[Event]:
    rows = [row for row in t.rows("history") if row["subject"] == subject]
    return [
        Event(
            row["subject"],
            row["payment_id"],
            EventKind(row["event"]),
            row["actor"],
            row["reason"] or "",
            row["amount_minor"],
            row["created_at"],
        )
        for row in sorted(rows, key=lambda row: int(row["position"]))
    ]


async def line(
    t: Transaction, subject: Subject, payment_id: UUID, kind: EventKind, *, actor: str, reason: str | None, minor: int
) -> None:
    """One more row."""
    row = {
        "subject": subject,
        "position": t.server.next_of("history"),
        "payment_id": payment_id,
        "event": str(kind),
        "actor": actor,
        "reason": reason,
        "amount_minor": minor,
        "created_at": t.now,
    }
    await t.insert("history", row)
