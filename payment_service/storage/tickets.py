"""Statements on the table `tickets`."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from payment_service.domain.payments import Subject
from payment_service.domain.tickets import Ticket, TicketStatus
from payment_service.storage.schema import tickets
from shared.arrays import TEXTS, UUIDS, among, statement
from shared.database import Connection
from shared.money import Money

# By name: what is prepared for `*` fails when a later version adds a column.
COLUMNS = ", ".join(f"tickets.{column.name}" for column in tickets.columns)
CREATE = sa.text(
    f"""
    INSERT INTO tickets (subject, caller, payer_account_id, payee_account_id, currency, amount_minor, expires_at)
    VALUES (:subject, :caller, :payer, :payee, :currency, :amount_minor, now() + :ttl_s * interval '1 second')
        ON CONFLICT DO NOTHING
 RETURNING {COLUMNS}
    """  # noqa: S608 - made of constants
)


async def create(
    connection: Connection,
    *,
    subject: Subject,
    caller: str,
    payer: str,
    payee: str | None,
    amount: Money | None,
    ttl_s: float,
) -> Ticket | None:
    """A new ticket; None when it is there already. The database's clock decides how long it lives."""
    values = {
        "subject": subject,
        "caller": caller,
        "payer": payer,
        "payee": payee,
        "currency": amount.currency if amount else None,
        "amount_minor": amount.minor_units if amount else None,
        "ttl_s": ttl_s,
    }
    row = (await connection.execute(CREATE, values)).one_or_none()
    return _ticket(row) if row else None


BY_SUBJECTS = sa.select(tickets).where(among(tickets.c.subject, "subjects"))


async def by_subjects(connection: Connection, subjects: Sequence[Subject]) -> dict[Subject, Ticket]:
    """The tickets that exist."""
    rows = await connection.execute(BY_SUBJECTS, {"subjects": subjects})
    return {row.subject: _ticket(row) for row in rows}


# One statement decides between use and expiry, so that a ticket that was told to be expired never executes: of two
# at the same time the second waits for the first's row lock, looks again, and changes nothing.
USE = statement(
    f"""
    UPDATE tickets
       SET status = CASE WHEN tickets.expires_at > now() THEN 'used' ELSE 'expired' END,
           payment_id = CASE WHEN tickets.expires_at > now() THEN c.payment_id END
      FROM unnest(:subjects, :payment_ids) AS c (subject, payment_id)
     WHERE tickets.subject = c.subject
       AND tickets.status = 'unused'
 RETURNING {COLUMNS}
    """,  # noqa: S608 - made of constants
    subjects=TEXTS, payment_ids=UUIDS,
)  # fmt: skip


async def use(connection: Connection, pairs: Sequence[tuple[Subject, UUID]]) -> set[UUID]:
    """UNUSED → USED by the payment, or → EXPIRED; the payments that have their ticket now."""
    rows = await connection.execute(USE, _keys(pairs))
    return {row.payment_id for row in rows if row.status == TicketStatus.USED}


GIVE_BACK = statement(
    """
    UPDATE tickets SET status = 'unused', payment_id = NULL
      FROM unnest(:subjects, :payment_ids) AS c (subject, payment_id)
     WHERE tickets.subject = c.subject AND tickets.payment_id = c.payment_id
    """,
    subjects=TEXTS, payment_ids=UUIDS,
)  # fmt: skip


async def give_back(connection: Connection, pairs: Sequence[tuple[Subject, UUID]]) -> None:
    """Let go of tickets taken in this same transaction; the schema forbids it to any other."""
    await connection.execute(GIVE_BACK, _keys(pairs))


def _keys(pairs: Sequence[tuple[Subject, UUID]]) -> dict[str, list[Any]]:
    return {"subjects": [s for s, _ in pairs], "payment_ids": [p for _, p in pairs]}


def _ticket(row: sa.Row[Any]) -> Ticket:
    return Ticket(
        subject=row.subject,
        caller=row.caller,
        payer_account_id=row.payer_account_id,
        payee_account_id=row.payee_account_id,
        amount=Money(row.currency, row.amount_minor) if row.currency else None,
        status=TicketStatus(row.status),
        payment_id=row.payment_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
