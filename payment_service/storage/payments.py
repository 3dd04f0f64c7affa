"""Statements on the table `payments` once the claim is made: reading, confirming, capturing, taking back.

Confirming writes its lines of the table `history` too.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from payment_service.domain.history import COMPLETER, EventKind
from payment_service.domain.payments import ORDER, Payment, PaymentFilter, PaymentState, Side, StateReason, Subject
from payment_service.storage.schema import accounts, payments
from shared.arrays import TEXTS, UUIDS, among, statement
from shared.database import Connection
from shared.money import Money

# Written out, as parameters would keep the planner from the two partial indexes on subjects.
HOLDS_A_CLAIM = sa.text("state <> 'declined'")
DECLINED = sa.text("state = 'declined'")

UNCONFIRMED = """EXISTS (SELECT FROM unconfirmed u
                    WHERE u.payment_id = payments.payment_id AND u.subject = payments.subject) AS unconfirmed"""
COLUMNS = f"""payments.payment_id, payments.subject, payer_account_id, payee_account_id, currency, amount_minor,
           captured_minor, refunded_minor, state, state_reason, correction_id, created_at, reversed_at, refunded_at,
           expires_at, {UNCONFIRMED}"""
PAYMENTS = sa.select(sa.text(COLUMNS)).select_from(payments)


BY_SUBJECTS = PAYMENTS.where(among(payments.c.subject, "subjects"), HOLDS_A_CLAIM)


async def by_subjects(connection: Connection, subjects: Sequence[Subject]) -> dict[Subject, Payment]:
    """The one payment of each subject that is not DECLINED."""
    return {payment.subject: payment for payment in await _all(connection, BY_SUBJECTS, {"subjects": subjects})}


# By the claim's own index, which is ordered by subject. ';' is what comes after ':'.
OF_ORDERS = PAYMENTS.where(
    payments.c.subject > sa.bindparam("after"), payments.c.subject < ORDER.replace(":", ";"), HOLDS_A_CLAIM
).order_by(payments.c.subject)


async def of_orders(connection: Connection, after: str, limit: int) -> list[Payment]:
    """One page of what was paid or reserved for orders, by the orders' ids, from after the subject `after` on."""
    return await _all(connection, OF_ORDERS.limit(limit), {"after": after or ORDER})


async def attempts_of(connection: Connection, subject: Subject) -> list[Payment]:
    """Every attempt for a subject, the oldest first."""
    query = PAYMENTS.where(_of_subject(subject)).order_by(payments.c.payment_id)  # UUIDv7: ordered by time
    return await _all(connection, query)


async def latest_declined(connection: Connection, subject: Subject) -> Payment | None:
    """The latest attempt that was declined."""
    query = PAYMENTS.where(payments.c.subject == subject, DECLINED).order_by(payments.c.payment_id.desc()).limit(1)
    return next(iter(await _all(connection, query)), None)


async def by_id(connection: Connection, payment_id: UUID) -> Payment | None:
    """One payment."""
    return next(iter(await _all(connection, PAYMENTS.where(payments.c.payment_id == payment_id))), None)


async def newest(connection: Connection, wanted: PaymentFilter, *, before: UUID | None, limit: int) -> list[Payment]:
    """One page, newest first, before the payment `before`; of an owner, what each of their accounts gives to it."""
    query = PAYMENTS.order_by(payments.c.payment_id.desc()).limit(limit)
    if wanted.subject is not None:
        query = query.where(_of_subject(wanted.subject))
    for name in ("payer_account_id", "payee_account_id", "state"):
        if (value := getattr(wanted, name)) is not None:
            query = query.where(payments.c[name] == value)
    if before is not None:
        query = query.where(payments.c.payment_id < before)
    return await _all(connection, _of_owner(query, *wanted.owned, limit) if wanted.owned else query)


def _of_owner(query: sa.Select[Any], side: Side, owner_id: str, limit: int) -> sa.Select[Any]:
    """Account by account, each by its index: joined, the planner might read what others have, back to the oldest."""
    each = query.where(payments.c[side] == accounts.c.account_id).correlate(accounts).lateral("of_account")
    return (
        sa.select(sa.text("of_account.*"))
        .select_from(accounts.join(each, sa.true()))
        .where(accounts.c.owner_id == owner_id)
        .order_by(sa.text("of_account.payment_id DESC"))
        .limit(limit)
    )


def _of_subject(subject: Subject) -> sa.ColumnElement[bool]:
    """Found by the two partial indexes, each with its own condition."""
    same = payments.c.subject == subject
    return sa.or_(sa.and_(same, HOLDS_A_CLAIM), sa.and_(same, DECLINED))


# Skips rows that somebody else holds: one that is stuck never keeps the others waiting, and the completer comes again.
# To be looked up by their keys (`by_keys_alone`): the planner may believe that a table is empty which it saw so once.
CONFIRM = statement(
    """
    WITH free AS MATERIALIZED (
         SELECT c.subject, c.payment_id
           FROM unnest(:subjects, :payment_ids) AS c (subject, payment_id),
                LATERAL (SELECT FROM unconfirmed u WHERE u.payment_id = c.payment_id AND u.subject = c.subject
                         OFFSET 0 FOR UPDATE SKIP LOCKED) AS u),
         confirmed AS (
         DELETE FROM unconfirmed USING free
          WHERE unconfirmed.payment_id = free.payment_id AND unconfirmed.subject = free.subject
      RETURNING unconfirmed.subject, unconfirmed.payment_id)
    INSERT INTO history (subject, payment_id, event, actor, amount_minor)
    SELECT c.subject, c.payment_id, :event, :actor, p.captured_minor
      FROM confirmed c,
           LATERAL (SELECT captured_minor FROM payments p
                     WHERE p.payment_id = c.payment_id AND p.subject = c.subject OFFSET 0) AS p
    """,
    subjects=TEXTS, payment_ids=UUIDS,
)  # fmt: skip


async def by_keys_alone(connection: Connection) -> None:
    """For the rest of the transaction, look up rows by their keys, however small the tables are thought to be."""
    await connection.execute(sa.text("SET LOCAL enable_seqscan = off"))


async def confirm(connection: Connection, flips: Sequence[tuple[Subject, UUID]]) -> None:
    """Note, also in the history, that the orders of these (subject, payment) are PAID by them, where it is news."""
    pairs = sorted(flips)
    keys = {"subjects": [s for s, _ in pairs], "payment_ids": [p for _, p in pairs]}
    await connection.execute(CONFIRM, {**keys, "event": EventKind.CONFIRMED, "actor": COMPLETER})


# Leased: two completers at once take different ones, and one that dies gives its lease back by time. The wait doubles
# up to 4 s, so that a payment that can't be confirmed never keeps the others waiting. A turn that is further off was
# noted by a clock that was ahead, and is due now; but for infinity, which nobody writes who does not mean it.
DUE = sa.text(
    f"""
    WITH due AS MATERIALIZED (
         SELECT subject, payment_id FROM unconfirmed
          WHERE check_at <= now() OR check_at > now() + interval '10 seconds' AND check_at < 'infinity'
          ORDER BY check_at LIMIT :limit
            FOR UPDATE SKIP LOCKED),
         leased AS (
         UPDATE unconfirmed
            SET check_at = now() + power(2, least(checks, 2)) * interval '1 second', checks = checks + 1
           FROM due
          WHERE unconfirmed.payment_id = due.payment_id AND unconfirmed.subject = due.subject
      RETURNING unconfirmed.subject, unconfirmed.payment_id)
    SELECT payments.* FROM leased l,
           LATERAL (SELECT {COLUMNS} FROM payments
                     WHERE payments.payment_id = l.payment_id AND payments.subject = l.subject OFFSET 0) AS payments
    """  # noqa: S608 - made of constants
)


async def take_due(connection: Connection, limit: int) -> list[Payment]:
    """Unconfirmed payments whose turn it is, leased to the caller."""
    return await _all(connection, DUE, {"limit": limit})


HOLD_UNCONFIRMED = sa.text("SELECT 1 FROM unconfirmed WHERE payment_id = :payment_id AND subject = :subject FOR UPDATE")


async def hold_unconfirmed(connection: Connection, payment: Payment) -> bool:
    """Keep it unconfirmed until the transaction ends; False when it is not, or is no longer."""
    keys = {"subject": payment.subject, "payment_id": payment.payment_id}
    return (await connection.execute(HOLD_UNCONFIRMED, keys)).one_or_none() is not None


FORGET_UNCONFIRMED = sa.text("DELETE FROM unconfirmed WHERE payment_id = :payment_id AND subject = :subject")


async def forget_unconfirmed(connection: Connection, payment: Payment) -> None:
    """There is nothing to confirm any more: the payment is taken back in this transaction."""
    keys = {"subject": payment.subject, "payment_id": payment.payment_id}
    await connection.execute(FORGET_UNCONFIRMED, keys)


CAPTURE = sa.text(
    f"""
    WITH captured AS (
         UPDATE payments SET state = 'succeeded', captured_minor = :captured_minor
          WHERE subject = :subject AND payment_id = :payment_id
            AND state = 'authorized' AND correction_id IS NULL AND expires_at > now()
      RETURNING {COLUMNS}),
         noted AS (
         INSERT INTO unconfirmed (subject, payment_id) SELECT subject, payment_id FROM captured)
    SELECT * FROM captured
    """  # noqa: S608 - made of constants
)


async def capture(connection: Connection, payment: Payment, captured_minor: int) -> Payment | None:
    """AUTHORIZED → SUCCEEDED; None when it is not AUTHORIZED (any more), or its time is over."""
    captured = await _one(connection, CAPTURE, payment, captured_minor=captured_minor)
    return captured._replace(unconfirmed=True) if captured else None  # the statement does not see what it wrote itself


async def expired(connection: Connection, limit: int) -> list[Payment]:
    """Authorizations whose time is over and that nobody has begun to end."""
    query = (
        PAYMENTS.where(
            payments.c.state == PaymentState.AUTHORIZED,
            payments.c.correction_id.is_(None),
            payments.c.expires_at <= sa.func.now(),
        )
        .order_by(payments.c.expires_at)
        .limit(limit)
    )
    return await _all(connection, query)


REFUND_PART = sa.text(
    f"""
    UPDATE payments SET refunded_minor = refunded_minor + :amount_minor
     WHERE subject = :subject AND payment_id = :payment_id
       AND state = 'succeeded' AND correction_id IS NULL AND refunded_minor + :amount_minor < captured_minor
 RETURNING {COLUMNS}
    """  # noqa: S608 - made of constants
)


async def refund_part(connection: Connection, payment: Payment, amount_minor: int) -> Payment | None:
    """Count a refund that leaves something; None when it would not, or the payment is being taken back."""
    return await _one(connection, REFUND_PART, payment, amount_minor=amount_minor)


# The claim on the way back: one correction may take the whole payment back, whoever comes first. What it takes is what
# is left, and from here on nothing else changes that.
BEGIN_CORRECTION = sa.text(
    f"""
    UPDATE payments SET correction_id = :correction_id
     WHERE subject = :subject AND payment_id = :payment_id
       AND state = :state AND correction_id IS NULL
       AND captured_minor - refunded_minor = :amount_minor
 RETURNING {COLUMNS}
    """  # noqa: S608 - made of constants
)


async def begin_correction(
    connection: Connection, payment: Payment, correction_id: UUID, amount_minor: int
) -> Payment | None:
    """Give the payment's end into the hands of one correction; None when it changed since it was read."""
    values = {"correction_id": correction_id, "state": payment.state, "amount_minor": amount_minor}
    return await _one(connection, BEGIN_CORRECTION, payment, **values)


END = sa.text(
    f"""
    UPDATE payments
       SET state = :state, state_reason = :state_reason,
           refunded_minor = CASE WHEN :state = 'refunded' THEN captured_minor ELSE refunded_minor END,
           reversed_at = CASE WHEN :state = 'reversed' THEN now() END,
           refunded_at = CASE WHEN :state = 'refunded' THEN now() END
     WHERE subject = :subject AND payment_id = :payment_id
       AND state IN ('authorized', 'succeeded') AND correction_id = :correction_id
 RETURNING {COLUMNS}
    """  # noqa: S608 - made of constants
).bindparams(sa.bindparam("state", type_=sa.Text))


async def end(
    connection: Connection, payment: Payment, correction_id: UUID, state: PaymentState, reason: StateReason | None
) -> Payment | None:
    """Bring the payment to its final state, on behalf of its correction; None when that was done before."""
    values = {"correction_id": correction_id, "state": state, "state_reason": reason}
    return await _one(connection, END, payment, **values)


async def _all(connection: Connection, query: sa.Executable, values: dict[str, Any] | None = None) -> list[Payment]:
    return [payment_of(row) for row in await connection.execute(query, values)]


async def _one(connection: Connection, query: sa.TextClause, payment: Payment, **values: Any) -> Payment | None:
    keys = {"subject": payment.subject, "payment_id": payment.payment_id}
    row = (await connection.execute(query, {**keys, **values})).one_or_none()
    return payment_of(row) if row else None


STATES = {str(state): state for state in PaymentState}
REASONS: dict[str | None, StateReason | None] = {None: None, **{str(reason): reason for reason in StateReason}}


def payment_of(row: Sequence[Any]) -> Payment:
    """The domain's value of a row of COLUMNS."""
    payment_id, subject, payer, payee, currency, minor, captured, refunded, state, reason, *rest = row
    money = Money(currency, minor)
    return Payment(payment_id, subject, payer, payee, money, captured, refunded, STATES[state], REASONS[reason], *rest)
