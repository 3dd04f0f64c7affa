"""Statements on the table `accounts`."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from payment_service.domain.ledger import Account, AccountKind
from payment_service.storage.schema import accounts
from shared.arrays import among
from shared.database import Connection
from shared.money import Money


async def create(
    connection: Connection, *, account_id: str, owner_id: str, kind: AccountKind, currency: str
) -> Account | None:
    """The new account, balance zero; None when the id is taken."""
    values = {"account_id": account_id, "owner_id": owner_id, "kind": kind, "currency": currency}
    query = insert(accounts).values(values).on_conflict_do_nothing(index_elements=["account_id"]).returning(accounts)
    row = (await connection.execute(query)).one_or_none()
    return _account(row) if row else None


async def by_id(connection: Connection, account_id: str) -> Account | None:
    """One account."""
    row = (await connection.execute(sa.select(accounts).where(accounts.c.account_id == account_id))).one_or_none()
    return _account(row) if row else None


OWNERS = sa.select(accounts.c.account_id, accounts.c.owner_id).where(among(accounts.c.account_id, "account_ids"))


async def owners(connection: Connection, account_ids: Sequence[str]) -> dict[str, str]:
    """Whose the accounts are, of those that exist."""
    rows = await connection.execute(OWNERS, {"account_ids": account_ids})
    return {row.account_id: row.owner_id for row in rows}


async def page(connection: Connection, *, owner_id: str | None, after: str | None, limit: int) -> list[Account]:
    """One page by account id, after the id `after`. The system's own accounts are nobody's to see."""
    query = (
        sa.select(accounts).where(accounts.c.kind != AccountKind.SYSTEM).order_by(accounts.c.account_id).limit(limit)
    )
    if owner_id is not None:
        query = query.where(accounts.c.owner_id == owner_id)
    if after is not None:
        query = query.where(accounts.c.account_id > after)
    return [_account(row) for row in await connection.execute(query)]


LOCK = (
    sa.select(accounts)
    .where(among(accounts.c.account_id, "account_ids"))
    .order_by(accounts.c.account_id)
    .with_for_update()
)


async def lock(connection: Connection, account_ids: Sequence[str]) -> dict[str, Account]:
    """The accounts that exist, locked until the transaction ends. In id order, so that no two wait in a circle."""
    rows = await connection.execute(LOCK, {"account_ids": sorted(set(account_ids))})
    return {account.account_id: account for account in map(_account, rows)}


KINDS = {str(kind): kind for kind in AccountKind}


def _account(row: Sequence[Any]) -> Account:
    """The domain's value of a row, its columns in the table's order."""
    account_id, owner_id, kind, currency, balance_minor, held_minor, last_sequence, created_at = row
    balance = Money(currency, balance_minor)
    return Account(account_id, owner_id, KINDS[kind], balance, held_minor, last_sequence, created_at)
