"""Statements on the tables `transfers` and `entries`, which only ever grow, and on the balances that come of them."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from payment_service.domain.ledger import Account, Entry, Posted, StoredEntry, TransferKind
from payment_service.storage.schema import entries
from shared.arrays import BIGINTS, TEXTS, UUIDS, statement
from shared.database import Connection
from shared.money import Money

# A head and its two legs for each transfer, and the accounts as they are after all of them. What the legs have in
# common is sent once.
WRITE = statement(
    """
    WITH posted AS MATERIALIZED (
         SELECT * FROM unnest(:transfer_ids, :kinds, :payment_ids, :currencies, :amounts,
                              :sources, :source_sequences, :source_after, :targets, :target_sequences, :target_after)
                    AS p (transfer_id, kind, payment_id, currency, amount_minor,
                          source, source_sequence, source_after, target, target_sequence, target_after)),
         heads AS (
         INSERT INTO transfers (transfer_id, kind, payment_id, source_account_id, source_sequence,
                                target_account_id, target_sequence)
         SELECT transfer_id, kind, payment_id, source, source_sequence, target, target_sequence FROM posted),
         legs AS (
         INSERT INTO entries
                (account_id, sequence, transfer_id, kind, payment_id, currency, amount_minor, balance_after_minor)
         SELECT leg.account_id, leg.sequence, transfer_id, kind, payment_id, currency, leg.amount_minor, leg.after
           FROM posted,
                LATERAL (VALUES (source, source_sequence, -amount_minor, source_after),
                                (target, target_sequence, amount_minor, target_after))
                     AS leg (account_id, sequence, amount_minor, after))
    UPDATE accounts
       SET balance_minor = a.balance_minor, held_minor = a.held_minor, last_sequence = a.last_sequence
      FROM unnest(:account_ids, :balances, :held, :sequences)
           AS a (account_id, balance_minor, held_minor, last_sequence)
     WHERE accounts.account_id = a.account_id
    """,
    transfer_ids=UUIDS, kinds=TEXTS, payment_ids=UUIDS, currencies=TEXTS, amounts=BIGINTS,
    sources=TEXTS, source_sequences=BIGINTS, source_after=BIGINTS,
    targets=TEXTS, target_sequences=BIGINTS, target_after=BIGINTS,
    account_ids=TEXTS, balances=BIGINTS, held=BIGINTS, sequences=BIGINTS,
)  # fmt: skip


async def write(connection: Connection, posted: Sequence[Posted], changed: Sequence[Account]) -> None:
    """Write transfers with their legs, and the accounts, which this transaction holds locked."""
    arrays: dict[str, list[Any]] = {
        "transfer_ids": [p.transfer.transfer_id for p in posted],
        "kinds": [p.transfer.kind for p in posted],
        "payment_ids": [p.transfer.payment_id for p in posted],
        "currencies": [p.transfer.amount.currency for p in posted],
        "amounts": [p.transfer.amount.minor_units for p in posted],
        "sources": [p.source.account_id for p in posted],
        "source_sequences": [p.source.sequence for p in posted],
        "source_after": [p.source.balance_after.minor_units for p in posted],
        "targets": [p.target.account_id for p in posted],
        "target_sequences": [p.target.sequence for p in posted],
        "target_after": [p.target.balance_after.minor_units for p in posted],
        "account_ids": [a.account_id for a in changed],
        "balances": [a.balance.minor_units for a in changed],
        "held": [a.held_minor for a in changed],
        "sequences": [a.last_sequence for a in changed],
    }
    await connection.execute(WRITE, arrays)


async def statement_of(connection: Connection, account_id: str, *, before: int | None, limit: int) -> list[StoredEntry]:
    """One page of an account's entries, newest first, before the sequence number `before`."""
    query = sa.select(entries).where(entries.c.account_id == account_id)
    if before is not None:
        query = query.where(entries.c.sequence < before)
    query = query.order_by(entries.c.sequence.desc()).limit(limit)
    return [_stored(row) for row in await connection.execute(query)]


async def entry(connection: Connection, account_id: str, sequence: int) -> StoredEntry:
    """One entry, which must exist."""
    query = sa.select(entries).where(entries.c.account_id == account_id, entries.c.sequence == sequence)
    return _stored((await connection.execute(query)).one())


def _stored(row: sa.Row[Any]) -> StoredEntry:
    leg = Entry(
        account_id=row.account_id,
        sequence=row.sequence,
        transfer_id=row.transfer_id,
        kind=TransferKind(row.kind),
        payment_id=row.payment_id,
        amount=Money(row.currency, row.amount_minor),
        balance_after=Money(row.currency, row.balance_after_minor),
    )
    return StoredEntry(leg, row.created_at)
