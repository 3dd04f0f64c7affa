"""Statements on the tables `transfers` and `entries`. They only ever grow."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from payment_service.domain.ledger import Entry, Posted, StoredEntry, TransferKind
from payment_service.storage.arrays import BIGINTS, TEXTS, UUIDS, statement
from payment_service.storage.schema import entries
from shared.database import Connection
from shared.money import Money

POST_TRANSFERS = statement(
    """
    INSERT INTO transfers
           (transfer_id, kind, payment_id, source_account_id, source_sequence, target_account_id, target_sequence)
    SELECT * FROM unnest(:transfer_ids, :kinds, :payment_ids, :sources, :source_sequences, :targets, :target_sequences)
    """,
    transfer_ids=UUIDS, kinds=TEXTS, payment_ids=UUIDS,
    sources=TEXTS, source_sequences=BIGINTS, targets=TEXTS, target_sequences=BIGINTS,
)  # fmt: skip


async def post_transfers(connection: Connection, posted: Sequence[Posted]) -> None:
    """Write the heads of transfers; each tells where its legs are."""
    arrays: dict[str, list[Any]] = {
        "transfer_ids": [p.transfer.transfer_id for p in posted],
        "kinds": [p.transfer.kind for p in posted],
        "payment_ids": [p.transfer.payment_id for p in posted],
        "sources": [p.source.account_id for p in posted],
        "source_sequences": [p.source.sequence for p in posted],
        "targets": [p.target.account_id for p in posted],
        "target_sequences": [p.target.sequence for p in posted],
    }
    await connection.execute(POST_TRANSFERS, arrays)


POST_ENTRIES = statement(
    """
    INSERT INTO entries
           (account_id, sequence, transfer_id, kind, payment_id, currency, amount_minor, balance_after_minor)
    SELECT * FROM unnest(:account_ids, :sequences, :transfer_ids, :kinds, :payment_ids, :currencies, :amounts, :after)
    """,
    account_ids=TEXTS, sequences=BIGINTS, transfer_ids=UUIDS, kinds=TEXTS, payment_ids=UUIDS,
    currencies=TEXTS, amounts=BIGINTS, after=BIGINTS,
)  # fmt: skip


async def post_entries(connection: Connection, posted: Sequence[Posted]) -> None:
    """Write the legs of transfers."""
    legs = [leg for p in posted for leg in (p.source, p.target)]
    arrays: dict[str, list[Any]] = {
        "account_ids": [e.account_id for e in legs],
        "sequences": [e.sequence for e in legs],
        "transfer_ids": [e.transfer_id for e in legs],
        "kinds": [e.kind for e in legs],
        "payment_ids": [e.payment_id for e in legs],
        "currencies": [e.amount.currency for e in legs],
        "amounts": [e.amount.minor_units for e in legs],
        "after": [e.balance_after.minor_units for e in legs],
    }
    await connection.execute(POST_ENTRIES, arrays)


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
