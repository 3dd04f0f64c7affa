"""Statements on the table `payments` once the claim is made: reading, confirming, capturing, taking back.

Confirming writes its lines of the table `history` too.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from payment_service.domain.history import COMPLETER, EventKind
from payment_service.domain.payments import Payment, PaymentFilter, PaymentState, StateReason, Subject
from payment_service.storage.arrays import TEXTS, UUIDS, among, statement
from payment_service.storage.schema import payments
from shared.database import Connection
from shared.money import Money

# Written out, as a parameter would keep the planner from the claim's index.
HOLDS_A_CLAIM = sa.text("state <> 'declined'")


async def by_subjects(connection: Connection, subjects: Sequence[Subject]) -> dict[Subject, Payment]:
    """The one payment of each subject that is not DECLINED."""
    query = sa.select(payments).where(among(payments.c.subject, subjects), HOLDS_A_CLAIM)
    return {row.subject: payment_of(row) for row in await connection.execute(query)}


async def attempts_of(connection: Connection, subject: Subject) -> list[Payment]:
    """Every attempt for a subject, the oldest first."""
    query = sa.select(payments).where(payments.c.subject == subject).order_by(payments.c.payment_id)
    return [payment_of(row) for row in await connection.execute(query)]


async def latest_declined(connection: Connection, subject: Subject) -> Payment | None:
    """The latest attempt that was declined."""
    query = (
        sa.select(payments)
        .where(payments.c.subject == subject, payments.c.state == PaymentState.DECLINED)
        .order_by(payments.c.payment_id.desc())  # UUIDv7: ordered by time
        .limit(1)
    )
    row = (await connection.execute(query)).one_or_none()
    return payment_of(row) if row else None


async def by_id(connection: Connection, payment_id: UUID) -> Payment | None:
    """One payment."""
    row = (await connection.execute(sa.select(payments).where(payments.c.payment_id == payment_id))).one_or_none()
    return payment_of(row) if row else None


async def newest(connection: Connection, wanted: PaymentFilter, *, before: UUID | None, limit: int) -> list[Payment]:
    """One page, newest first, before the payment `before`."""
    query = sa.select(payments).order_by(payments.c.payment_id.desc()).limit(limit)
    for name in ("subject", "payer_account_id", "payee_account_id", "state"):
        if (value := getattr(wanted, name)) is not None:
            query = query.where(payments.c[name] == value)
    if before is not None:
        query = query.where(payments.c.payment_id < before)
    return [payment_of(row) for row in await connection.execute(query)]


# Skips rows that somebody else holds: one that is stuck never keeps the others waiting, and the completer comes again.
# OFFSET 0 keeps the planner from looking among all unconfirmed payments for each pair.
CONFIRM = statement(
    """
    WITH free AS MATERIALIZED (
         SELECT c.subject, c.payment_id
           FROM unnest(:subjects, :payment_ids) AS c (subject, payment_id),
                LATERAL (SELECT state, confirmed_at FROM payments p
                          WHERE p.subject = c.subject AND p.payment_id = c.payment_id
                         OFFSET 0 FOR UPDATE SKIP LOCKED) AS p
          WHERE p.state = 'succeeded' AND p.confirmed_at IS NULL),
         confirmed AS (
         UPDATE payments SET confirmed_at = now()
           FROM free
          WHERE payments.subject = free.subject AND payments.payment_id = free.payment_id
      RETURNING payments.subject, payments.payment_id, payments.captured_minor)
    INSERT INTO history (subject, payment_id, event, actor, amount_minor)
    SELECT subject, payment_id, :event, :actor, captured_minor FROM confirmed
    """,
    subjects=TEXTS, payment_ids=UUIDS,
)  # fmt: skip


async def confirm(connection: Connection, flips: Sequence[tuple[Subject, UUID]]) -> None:
    """Note, also in the history, that the orders of these (subject, payment) are PAID by them, where it is news."""
    pairs = sorted(flips)
    keys = {"subjects": [s for s, _ in pairs], "payment_ids": [p for _, p in pairs]}
    await connection.execute(CONFIRM, {**keys, "event": EventKind.CONFIRMED, "actor": COMPLETER})


# Leased: two completers at once take different ones, and one that dies gives its lease back by time. The wait doubles
# up to 10 s, so that a payment that can't be confirmed never keeps the others waiting.
DUE = sa.text(
    """
    WITH due AS MATERIALIZED (
         SELECT subject, payment_id FROM payments
          WHERE state = 'succeeded' AND confirmed_at IS NULL AND check_at <= now()
          ORDER BY check_at LIMIT :limit
            FOR UPDATE SKIP LOCKED)
    UPDATE payments
       SET check_at = now() + least(power(2, checks), 10) * interval '1 second', checks = checks + 1
      FROM due
     WHERE payments.subject = due.subject AND payments.payment_id = due.payment_id
 RETURNING payments.*
    """
)


async def take_due(connection: Connection, limit: int) -> list[Payment]:
    """Unconfirmed payments whose turn it is, leased to the caller."""
    return [payment_of(row) for row in await connection.execute(DUE, {"limit": limit})]


CAPTURE = sa.text(
    """
    UPDATE payments SET state = 'succeeded', captured_minor = :captured_minor,
                        check_at = now() + interval '2 seconds'
     WHERE subject = :subject AND payment_id = :payment_id
       AND state = 'authorized' AND correction_id IS NULL AND expires_at > now()
 RETURNING payments.*
    """
)


async def capture(connection: Connection, payment: Payment, captured_minor: int) -> Payment | None:
    """AUTHORIZED → SUCCEEDED; None when it is not AUTHORIZED (any more), or its time is over."""
    return await _one(connection, CAPTURE, payment, captured_minor=captured_minor)


async def expired(connection: Connection, limit: int) -> list[Payment]:
    """Authorizations whose time is over and that nobody has begun to end."""
    query = (
        sa.select(payments)
        .where(
            payments.c.state == PaymentState.AUTHORIZED,
            payments.c.correction_id.is_(None),
            payments.c.expires_at <= sa.func.now(),
        )
        .order_by(payments.c.expires_at)
        .limit(limit)
    )
    return [payment_of(row) for row in await connection.execute(query)]


REFUND_PART = sa.text(
    """
    UPDATE payments SET refunded_minor = refunded_minor + :amount_minor
     WHERE subject = :subject AND payment_id = :payment_id
       AND state = 'succeeded' AND correction_id IS NULL AND refunded_minor + :amount_minor < captured_minor
 RETURNING payments.*
    """
)


async def refund_part(connection: Connection, payment: Payment, amount_minor: int) -> Payment | None:
    """Count a refund that leaves something; None when it would not, or the payment is being taken back."""
    return await _one(connection, REFUND_PART, payment, amount_minor=amount_minor)


# The claim on the way back: one correction may take the whole payment back, whoever comes first. What it takes is what
# is left, and from here on nothing else changes that.
BEGIN_CORRECTION = sa.text(
    """
    UPDATE payments SET correction_id = :correction_id
     WHERE subject = :subject AND payment_id = :payment_id
       AND state = :state AND correction_id IS NULL
       AND captured_minor - refunded_minor = :amount_minor
       AND (NOT :only_unconfirmed OR confirmed_at IS NULL)
 RETURNING payments.*
    """
)


async def begin_correction(
    connection: Connection, payment: Payment, correction_id: UUID, amount_minor: int, *, only_unconfirmed: bool = False
) -> Payment | None:
    """Give the payment's end into the hands of one correction; None when it changed since it was read."""
    values = {"correction_id": correction_id, "state": payment.state, "amount_minor": amount_minor}
    return await _one(connection, BEGIN_CORRECTION, payment, **values, only_unconfirmed=only_unconfirmed)


END = sa.text(
    """
    UPDATE payments
       SET state = :state, state_reason = :state_reason,
           refunded_minor = CASE WHEN :state = 'refunded' THEN captured_minor ELSE refunded_minor END,
           reversed_at = CASE WHEN :state = 'reversed' THEN now() END,
           refunded_at = CASE WHEN :state = 'refunded' THEN now() END
     WHERE subject = :subject AND payment_id = :payment_id
       AND state IN ('authorized', 'succeeded') AND correction_id = :correction_id
 RETURNING payments.*
    """
).bindparams(sa.bindparam("state", type_=sa.Text))


async def end(
    connection: Connection, payment: Payment, correction_id: UUID, state: PaymentState, reason: StateReason | None
) -> Payment | None:
    """Bring the payment to its final state, on behalf of its correction; None when that was done before."""
    values = {"correction_id": correction_id, "state": state, "state_reason": reason}
    return await _one(connection, END, payment, **values)


async def _one(connection: Connection, query: sa.TextClause, payment: Payment, **values: Any) -> Payment | None:
    keys = {"subject": payment.subject, "payment_id": payment.payment_id}
    row = (await connection.execute(query, {**keys, **values})).one_or_none()
    return payment_of(row) if row else None


def payment_of(row: sa.Row[Any]) -> Payment:
    """The domain's value of a row."""
    return Payment(
        payment_id=row.payment_id,
        subject=row.subject,
        payer_account_id=row.payer_account_id,
        payee_account_id=row.payee_account_id,
        amount=Money(row.currency, row.amount_minor),
        captured_minor=row.captured_minor,
        refunded_minor=row.refunded_minor,
        state=PaymentState(row.state),
        state_reason=StateReason(row.state_reason) if row.state_reason else None,
        correction_id=row.correction_id,
        created_at=row.created_at,
        confirmed_at=row.confirmed_at,
        reversed_at=row.reversed_at,
        refunded_at=row.refunded_at,
        expires_at=row.expires_at,
    )
