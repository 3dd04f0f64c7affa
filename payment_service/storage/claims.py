"""The claim: the statement that prevents the double charge, and those that let go of it."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from payment_service.domain.charges import Attempt
from payment_service.domain.payments import Payment, PaymentState, StateReason, Subject
from payment_service.storage.payments import COLUMNS, payment_of
from shared.arrays import BIGINTS, BOOLEANS, FLOATS, TEXTS, UUIDS, statement
from shared.database import Connection

# Marks our advisory locks among those of others; LookupPayment looks for them.
CLAIM_LOCKS = 7075

# THE CLAIM: the line that prevents the double charge. The partial unique index `payments_claim` lets one attempt per
# subject in; whoever comes second waits here for the first to commit, inserts nothing, and reads the first one's
# payment. In subject order, so that two batches never wait for each other. The lock only tells LookupPayment that an
# attempt is under way; it keeps nobody out. What is charged for an order is unconfirmed from here on.
CLAIM = statement(
    f"""
    WITH claimed AS (
         INSERT INTO payments
                (subject, payment_id, payer_account_id, payee_account_id, currency, amount_minor,
                 state, captured_minor, expires_at)
         SELECT c.subject, c.payment_id, c.payer, c.payee, c.currency, c.amount_minor,
                CASE WHEN c.hold THEN 'authorized' ELSE 'succeeded' END,
                CASE WHEN c.hold THEN 0 ELSE c.amount_minor END,
                CASE WHEN c.hold THEN now() + c.hold_s * interval '1 second' END
           FROM (SELECT * FROM unnest(:subjects, :payment_ids, :payers, :payees, :currencies, :amounts, :holds, :hold_s)
                     AS c (subject, payment_id, payer, payee, currency, amount_minor, hold, hold_s)
                  ORDER BY subject) AS c,
                LATERAL pg_advisory_xact_lock_shared({CLAIM_LOCKS}, hashtext(c.subject))
             ON CONFLICT DO NOTHING
      RETURNING subject, payment_id, state, created_at, expires_at),
         noted AS (
         INSERT INTO unconfirmed (subject, payment_id)
         SELECT subject, payment_id FROM claimed WHERE state = 'succeeded' AND starts_with(subject, 'order:'))
    SELECT subject, created_at, expires_at FROM claimed
    """,  # noqa: S608 - the only value written into it is the constant above
    subjects=TEXTS, payment_ids=UUIDS, payers=TEXTS, payees=TEXTS, currencies=TEXTS, amounts=BIGINTS,
    holds=BOOLEANS, hold_s=FLOATS,
)  # fmt: skip


async def claim(connection: Connection, attempts: Sequence[Attempt]) -> dict[Subject, Payment]:
    """The claims won, by subject. A subject that is missing is somebody else's: lost, not failed."""
    arrays = {
        **_arrays(attempts),
        "holds": [a.hold_for is not None for a in attempts],
        "hold_s": [a.hold_for.total_seconds() if a.hold_for else 0 for a in attempts],
    }
    rows = await connection.execute(CLAIM, arrays)
    won = {subject: (created_at, expires_at) for subject, created_at, expires_at in rows}
    return {a.subject: a.payment(*won[a.subject]) for a in attempts if a.subject in won}


UNCLAIM = statement(
    """
    WITH gone AS (
         DELETE FROM payments USING unnest(:subjects, :payment_ids) AS c (subject, payment_id)
          WHERE payments.payment_id = c.payment_id AND payments.subject = c.subject
      RETURNING payments.payment_id, payments.subject)
    DELETE FROM unconfirmed USING gone
     WHERE unconfirmed.payment_id = gone.payment_id AND unconfirmed.subject = gone.subject
    """,
    subjects=TEXTS, payment_ids=UUIDS,
)  # fmt: skip


async def unclaim(connection: Connection, attempts: Sequence[Attempt]) -> None:
    """Let go of claims made in this same transaction; the schema forbids it to any other."""
    keys = {"subjects": [a.subject for a in attempts], "payment_ids": [a.payment_id for a in attempts]}
    await connection.execute(UNCLAIM, keys)


RECORD_DECLINED = statement(
    """
    INSERT INTO payments
           (subject, payment_id, payer_account_id, payee_account_id, currency, amount_minor, state, state_reason)
    SELECT c.*, 'declined', 'INSUFFICIENT_FUNDS'
      FROM unnest(:subjects, :payment_ids, :payers, :payees, :currencies, :amounts) AS c
    """,
    subjects=TEXTS, payment_ids=UUIDS, payers=TEXTS, payees=TEXTS, currencies=TEXTS, amounts=BIGINTS,
)  # fmt: skip


async def record_declined(connection: Connection, attempts: Sequence[Attempt]) -> None:
    """Keep attempts that found too little money. They hold no claim: order or ticket stay payable."""
    await connection.execute(RECORD_DECLINED, _arrays(attempts))


TOMBSTONE = sa.text(
    f"""
    INSERT INTO payments
           (subject, payment_id, payer_account_id, payee_account_id, currency, amount_minor, state, state_reason,
            correction_id)
    VALUES (:subject, :payment_id, :payer, :payee, :currency, :amount_minor, :state, :state_reason, :correction_id)
        ON CONFLICT DO NOTHING
 RETURNING {COLUMNS}
    """  # noqa: S608 - made of constants
)


async def tombstone(connection: Connection, attempt: Attempt, correction_id: object) -> Payment | None:
    """Claim the subject for a payment that shall never be: VOIDED. None when somebody else has the claim."""
    values = {
        "subject": attempt.subject,
        "payment_id": attempt.payment_id,
        "payer": attempt.payer_account_id,
        "payee": attempt.payee_account_id,
        "currency": attempt.amount.currency,
        "amount_minor": attempt.amount.minor_units,
        "state": PaymentState.VOIDED,
        "state_reason": StateReason.REVERSAL_REQUESTED,
        "correction_id": correction_id,
    }
    row = (await connection.execute(TOMBSTONE, values)).one_or_none()
    return payment_of(row) if row else None


CLAIM_IS_HELD = sa.text(
    f"""
    SELECT EXISTS (SELECT FROM pg_locks
                    WHERE locktype = 'advisory' AND objsubid = 2 AND granted
                      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                      AND classid = {CLAIM_LOCKS}
                      AND objid::bigint = hashtext(:subject)::bigint & 4294967295)
    """  # noqa: S608
)


async def is_held(connection: Connection, subject: Subject) -> bool:
    """Whether a transaction that claims this subject is open at this moment."""
    return bool((await connection.execute(CLAIM_IS_HELD, {"subject": subject})).scalar_one())


def _arrays(attempts: Sequence[Attempt]) -> dict[str, list[Any]]:
    return {
        "subjects": [a.subject for a in attempts],
        "payment_ids": [a.payment_id for a in attempts],
        "payers": [a.payer_account_id for a in attempts],
        "payees": [a.payee_account_id for a in attempts],
        "currencies": [a.amount.currency for a in attempts],
        "amounts": [a.amount.minor_units for a in attempts],
    }
