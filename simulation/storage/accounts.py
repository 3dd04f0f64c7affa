"""payment_service.storage.accounts."""

from collections.abc import Sequence

from payment_service.domain.ledger import Account, AccountKind
from shared.money import Money
from simulation.database import statement
from simulation.tables import Transaction, Values


@statement
async def create(t: Transaction, *, account_id: str, owner_id: str, kind: AccountKind, currency: str) -> Account | None:
    row: Values = {
        "account_id": account_id,
        "owner_id": owner_id,
        "kind": str(kind),
        "currency": currency,
        "balance_minor": 0,
        "held_minor": 0,
        "last_sequence": 0,
        "created_at": t.now,
    }
    return _account(row) if await t.insert("accounts", row, on_conflict_nothing=True) else None


@statement
async def by_id(t: Transaction, account_id: str) -> Account | None:
    row = t.get("accounts", account_id)
    return _account(row) if row else None


@statement
async def owners(t: Transaction, account_ids: Sequence[str]) -> dict[str, str]:
    return {account_id: row["owner_id"] for account_id in account_ids if (row := t.get("accounts", account_id))}


@statement
async def page(t: Transaction, *, owner_id: str | None, after: str | None, limit: int) -> list[Account]:
    rows = [
        row
        for row in t.rows("accounts")
        if row["kind"] != AccountKind.SYSTEM
        and owner_id in (None, row["owner_id"])
        and (after is None or row["account_id"] > after)
    ]
    return [_account(row) for row in sorted(rows, key=lambda row: str(row["account_id"]))[:limit]]


@statement
async def lock(t: Transaction, account_ids: Sequence[str]) -> dict[str, Account]:
    there = [account_id for account_id in sorted(set(account_ids)) if t.get("accounts", account_id)]
    locked = [row for account_id in there if (row := await t.lock("accounts", account_id))]
    return {row["account_id"]: _account(row) for row in locked}


def _account(row: Values) -> Account:
    return Account(
        account_id=row["account_id"],
        owner_id=row["owner_id"],
        kind=AccountKind(row["kind"]),
        balance=Money(row["currency"], row["balance_minor"]),
        held_minor=row["held_minor"],
        last_sequence=row["last_sequence"],
        created_at=row["created_at"],
    )
