"""payment_service.storage.ledger."""

from collections.abc import Sequence

from payment_service.domain.ledger import Account, Entry, Posted, StoredEntry, TransferKind
from shared.money import Money
from simulation.database import statement
from simulation.tables import Transaction, Values


@statement
async def write(t: Transaction, posted: Sequence[Posted], changed: Sequence[Account]) -> None:
    for p in posted:
        head = {
            "transfer_id": p.transfer.transfer_id,
            "kind": str(p.transfer.kind),
            "payment_id": p.transfer.payment_id,
            "created_at": t.now,
            "position": t.server.next_of("transfers"),
            "source_account_id": p.source.account_id,
            "source_sequence": p.source.sequence,
            "target_account_id": p.target.account_id,
            "target_sequence": p.target.sequence,
        }
        await t.insert("transfers", head)
        for leg, sign in ((p.source, -1), (p.target, 1)):
            await t.insert("entries", _leg(t, p, leg, sign))
    for account in changed:
        row = await t.lock("accounts", account.account_id)
        if row:
            after = {
                "balance_minor": account.balance.minor_units,
                "held_minor": account.held_minor,
                "last_sequence": account.last_sequence,
            }
            t.write("accounts", {**row, **after}, account.account_id)


def _leg(t: Transaction, p: Posted, leg: Entry, sign: int) -> Values:
    return {
        "account_id": leg.account_id,
        "sequence": leg.sequence,
        "transfer_id": p.transfer.transfer_id,
        "kind": str(p.transfer.kind),
        "payment_id": p.transfer.payment_id,
        "currency": p.transfer.amount.currency,
        "amount_minor": sign * p.transfer.amount.minor_units,
        "balance_after_minor": leg.balance_after.minor_units,
        "created_at": t.now,
    }


@statement
async def statement_of(t: Transaction, account_id: str, *, before: int | None, limit: int) -> list[StoredEntry]:
    rows = [
        row
        for row in t.rows("entries")
        if row["account_id"] == account_id and (before is None or row["sequence"] < before)
    ]
    return [_stored(row) for row in sorted(rows, key=lambda row: -int(row["sequence"]))[:limit]]


@statement
async def entry(t: Transaction, account_id: str, sequence: int) -> StoredEntry:
    row = t.get("entries", account_id, sequence)
    assert row, f"no entry {account_id}/{sequence}"  # noqa: S101 - the real one raises too
    return _stored(row)


def _stored(row: Values) -> StoredEntry:
    leg = Entry(
        account_id=row["account_id"],
        sequence=row["sequence"],
        transfer_id=row["transfer_id"],
        kind=TransferKind(row["kind"]),
        payment_id=row["payment_id"],
        amount=Money(row["currency"], row["amount_minor"]),
        balance_after=Money(row["currency"], row["balance_after_minor"]),
    )
    return StoredEntry(leg, row["created_at"])
