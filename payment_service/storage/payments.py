"""Statements on the table `payments`."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from payment_service.domain.payments import Attempt, Payment, PaymentState
from payment_service.storage.arrays import BIGINTS, TEXTS, UUIDS, statement
from payment_service.storage.schema import payments
from shared.database import Connection
from shared.errors import Reason
from shared.money import Money

# Marks our advisory locks among those of others; LookupPayment looks for them.
CLAIM_LOCKS = 7075

# THE CLAIM: the line that prevents the double charge. The partial unique index `payments_claim` lets one attempt per
# order in; whoever comes second waits here for the first to commit, inserts nothing, and reads the first one's payment.
# In order_id order, so that two batches never wait for each other. The lock only tells LookupPayment that an attempt
# is under way; it keeps nobody out.
CLAIM = statement(
    f"""
    INSERT INTO payments
           (order_id, payment_id, payer_account_id, payee_account_id, currency, amount_minor, state)
    SELECT c.order_id, c.payment_id, c.payer, c.payee, c.currency, c.amount_minor, 'succeeded'
      FROM (SELECT * FROM unnest(:order_ids, :payment_ids, :payers, :payees, :currencies, :amounts)
                AS c (order_id, payment_id, payer, payee, currency, amount_minor)
             ORDER BY order_id) AS c,
           LATERAL pg_advisory_xact_lock_shared({CLAIM_LOCKS}, hashtext(c.order_id))
        ON CONFLICT (order_id) WHERE state <> 'declined' DO NOTHING
 RETURNING payments.*
    """,  # noqa: S608 - the only value written into it is the constant above
    order_ids=TEXTS, payment_ids=UUIDS, payers=TEXTS, payees=TEXTS, currencies=TEXTS, amounts=BIGINTS,
)  # fmt: skip


async def claim(connection: Connection, attempts: Sequence[Attempt]) -> dict[str, Payment]:
    """The claims won, by order. An order that is missing is somebody else's: lost, not failed."""
    rows = await connection.execute(CLAIM, _arrays(attempts))
    return {row.order_id: _payment(row) for row in rows}


UNCLAIM = statement(
    """
    DELETE FROM payments USING unnest(:order_ids, :payment_ids) AS c (order_id, payment_id)
     WHERE payments.order_id = c.order_id AND payments.payment_id = c.payment_id
    """,
    order_ids=TEXTS, payment_ids=UUIDS,
)  # fmt: skip


async def unclaim(connection: Connection, attempts: Sequence[Attempt]) -> None:
    """Let go of claims made in this same transaction; the schema forbids it to any other."""
    keys = {
        "order_ids": [a.order.order_id for a in attempts],
        "payment_ids": [a.payment_id for a in attempts],
    }
    await connection.execute(UNCLAIM, keys)


RECORD_DECLINED = statement(
    """
    INSERT INTO payments
           (order_id, payment_id, payer_account_id, payee_account_id, currency, amount_minor, state, state_reason)
    SELECT c.*, 'declined', 'INSUFFICIENT_FUNDS'
      FROM unnest(:order_ids, :payment_ids, :payers, :payees, :currencies, :amounts) AS c
    """,
    order_ids=TEXTS, payment_ids=UUIDS, payers=TEXTS, payees=TEXTS, currencies=TEXTS, amounts=BIGINTS,
)  # fmt: skip


async def record_declined(connection: Connection, attempts: Sequence[Attempt]) -> None:
    """Keep attempts that found too little money. They hold no claim: the order stays payable."""
    await connection.execute(RECORD_DECLINED, _arrays(attempts))


async def by_orders(connection: Connection, order_ids: Sequence[str]) -> dict[str, Payment]:
    """The one payment of each order that is not DECLINED."""
    ids = sa.bindparam("order_ids", list(order_ids), type_=TEXTS)
    query = sa.select(payments).where(
        payments.c.order_id == sa.func.any(ids), payments.c.state != PaymentState.DECLINED
    )
    return {row.order_id: _payment(row) for row in await connection.execute(query)}


async def latest_declined(connection: Connection, order_id: str) -> Payment | None:
    """The latest attempt that was declined."""
    query = (
        sa.select(payments)
        .where(payments.c.order_id == order_id, payments.c.state == PaymentState.DECLINED)
        .order_by(payments.c.payment_id.desc())  # UUIDv7: ordered by time
        .limit(1)
    )
    row = (await connection.execute(query)).one_or_none()
    return _payment(row) if row else None


async def by_id(connection: Connection, payment_id: UUID) -> Payment | None:
    """One payment."""
    row = (await connection.execute(sa.select(payments).where(payments.c.payment_id == payment_id))).one_or_none()
    return _payment(row) if row else None


CLAIM_IS_HELD = sa.text(
    f"""
    SELECT EXISTS (SELECT FROM pg_locks
                    WHERE locktype = 'advisory' AND objsubid = 2 AND granted
                      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                      AND classid = {CLAIM_LOCKS}
                      AND objid::bigint = hashtext(:order_id)::bigint & 4294967295)
    """  # noqa: S608
)


async def claim_is_held(connection: Connection, order_id: str) -> bool:
    """Whether a transaction that claims this order is open at this moment."""
    return bool((await connection.execute(CLAIM_IS_HELD, {"order_id": order_id})).scalar_one())


CONFIRM = statement(
    """
    UPDATE payments SET confirmed_at = now()
      FROM unnest(:order_ids, :payment_ids) AS c (order_id, payment_id)
     WHERE payments.order_id = c.order_id AND payments.payment_id = c.payment_id
       AND state = 'succeeded' AND confirmed_at IS NULL
    """,
    order_ids=TEXTS, payment_ids=UUIDS,
)  # fmt: skip


async def confirm(connection: Connection, flips: Sequence[tuple[str, UUID]]) -> None:
    """Note that these (order, payment) are flipped. Again changes nothing."""
    pairs = sorted(flips)
    await connection.execute(CONFIRM, {"order_ids": [o for o, _ in pairs], "payment_ids": [p for _, p in pairs]})


REVERSE = sa.text(
    """
    UPDATE payments SET state = 'reversed', state_reason = :reason, reversed_at = now()
     WHERE order_id = :order_id AND payment_id = :payment_id
       AND state = 'succeeded' AND confirmed_at IS NULL
 RETURNING payments.*
    """
)


async def reverse(connection: Connection, payment: Payment, reason: Reason) -> Payment | None:
    """SUCCEEDED, unconfirmed → REVERSED; None when it is not (any more)."""
    keys = {"order_id": payment.order_id, "payment_id": payment.payment_id, "reason": reason}
    row = (await connection.execute(REVERSE, keys)).one_or_none()
    return _payment(row) if row else None


# Leased: two completers at once take different ones, and one that dies gives its lease back by time. The wait doubles
# up to 10 s, so that a payment that can't be confirmed never keeps the others waiting.
DUE = sa.text(
    """
    UPDATE payments
       SET check_at = now() + least(power(2, checks), 10) * interval '1 second', checks = checks + 1
     WHERE (order_id, payment_id) IN (
           SELECT order_id, payment_id FROM payments
            WHERE state = 'succeeded' AND confirmed_at IS NULL AND check_at <= now()
            ORDER BY check_at LIMIT :limit
              FOR UPDATE SKIP LOCKED)
 RETURNING payments.*
    """
)


async def take_due(connection: Connection, limit: int) -> list[Payment]:
    """Unconfirmed payments whose turn it is, leased to the caller."""
    return [_payment(row) for row in await connection.execute(DUE, {"limit": limit})]


def _arrays(attempts: Sequence[Attempt]) -> dict[str, list[Any]]:
    return {
        "order_ids": [a.order.order_id for a in attempts],
        "payment_ids": [a.payment_id for a in attempts],
        "payers": [a.order.payer_account_id for a in attempts],
        "payees": [a.order.payee_account_id for a in attempts],
        "currencies": [a.order.amount.currency for a in attempts],
        "amounts": [a.order.amount.minor_units for a in attempts],
    }


def _payment(row: sa.Row[Any]) -> Payment:
    return Payment(
        payment_id=row.payment_id,
        order_id=row.order_id,
        payer_account_id=row.payer_account_id,
        payee_account_id=row.payee_account_id,
        amount=Money(row.currency, row.amount_minor),
        state=PaymentState(row.state),
        state_reason=Reason(row.state_reason) if row.state_reason else None,
        created_at=row.created_at,
        confirmed_at=row.confirmed_at,
        reversed_at=row.reversed_at,
    )
