"""Statements on the tables `transfers` and `entries`. They only ever grow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from payment_service.domain.ledger import Entry, Transfer, TransferKind
from payment_service.storage.arrays import BIGINTS, TEXTS, UUIDS, statement
from payment_service.storage.schema import entries
from shared.database import Connection
from shared.money import Money


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry, and when it was written."""

    entry: Entry
    created_at: datetime


POST_TRANSFERS = statement(
    """
    INSERT INTO transfers (transfer_id, kind, payment_id)
    SELECT * FROM unnest(:transfer_ids, :kinds, :payment_ids)
    """,
    transfer_ids=UUIDS, kinds=TEXTS, payment_ids=UUIDS,
)  # fmt: skip


async def post_transfers(connection: Connection, transfers: Sequence[Transfer]) -> None:
    """Write the heads of transfers."""
    arrays: dict[str, list[Any]] = {
        "transfer_ids": [t.transfer_id for t in transfers],
        "kinds": [t.kind for t in transfers],
        "payment_ids": [t.payment_id for t in transfers],
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


async def post_entries(connection: Connection, legs: Sequence[Entry]) -> None:
    """Write the legs of transfers."""
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
