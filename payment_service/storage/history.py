"""Statements on the table `history`. It only ever grows."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from payment_service.domain.history import Event, EventKind
from payment_service.domain.payments import Subject
from payment_service.storage.schema import history
from shared.arrays import BIGINTS, TEXTS, UUIDS, statement
from shared.database import Connection
from shared.telemetry.metrics import count_events

RECORD = statement(
    """
    INSERT INTO history (subject, payment_id, event, actor, reason, amount_minor)
    SELECT c.subject, c.payment_id, c.event, c.actor, nullif(c.reason, ''), c.amount_minor
      FROM unnest(:subjects, :payment_ids, :events, :actors, :reasons, :amounts) WITH ORDINALITY
           AS c (subject, payment_id, event, actor, reason, amount_minor, line)
     ORDER BY line
    """,
    subjects=TEXTS, payment_ids=UUIDS, events=TEXTS, actors=TEXTS, reasons=TEXTS, amounts=BIGINTS,
)  # fmt: skip


async def record(connection: Connection, events: Sequence[Event]) -> None:
    """Write lines, in the transaction that makes them true."""
    arrays: dict[str, list[Any]] = {
        "subjects": [e.subject for e in events],
        "payment_ids": [e.payment_id for e in events],
        "events": [e.kind for e in events],
        "actors": [e.actor for e in events],
        "reasons": [e.reason for e in events],
        "amounts": [e.amount_minor for e in events],
    }
    await connection.execute(RECORD, arrays)
    count_events(arrays["events"])


async def of_subject(connection: Connection, subject: Subject) -> list[Event]:
    """Every line about a subject, the oldest first."""
    query = sa.select(history).where(history.c.subject == subject).order_by(history.c.position)
    return [
        Event(
            row.subject,
            row.payment_id,
            EventKind(row.event),
            row.actor,
            row.reason or "",
            row.amount_minor,
            row.created_at,
        )
        for row in await connection.execute(query)
    ]
