"""Accounts, deposits, statements."""

from typing import Any
from uuid import UUID

from payment_service.domain.ledger import Account, AccountKind, Transfer, TransferKind
from payment_service.domain.payments import TEXTS
from payment_service.storage import accounts, ledger
from payment_service.storage.ledger import StoredEntry
from payment_service.storage.requests import RequestKey
from payment_service.usecases.once import once
from payment_service.usecases.post import post
from shared.database import Connection, Database
from shared.errors import PayonceError, Reason
from shared.ids import new_id
from shared.money import Money


class Accounts:
    """The use cases around accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, *, account_id: str, owner_id: str, kind: AccountKind, currency: str) -> tuple[Account, bool]:
        """The account, and whether it was there before with the same content. Raises ACCOUNT_ALREADY_EXISTS."""

        async def work(connection: Connection) -> tuple[Account, bool]:
            created = await accounts.create(
                connection, account_id=account_id, owner_id=owner_id, kind=kind, currency=currency
            )
            if created:
                return created, False
            found = await accounts.by_id(connection, account_id)
            if found is None:
                raise account_not_found(account_id)
            there = {"owner_id": found.owner_id, "kind": found.kind, "currency_code": found.balance.currency}
            asked = {"owner_id": owner_id, "kind": kind, "currency_code": currency}
            if fields := [name for name in asked if asked[name] != there[name]]:
                metadata = {"account_id": account_id, "fields": ",".join(fields)}
                raise PayonceError(
                    Reason.ACCOUNT_ALREADY_EXISTS,
                    "The account id is taken by other content.",
                    metadata=metadata,
                )
            return found, True

        return await self._database.transact(work)

    async def get(self, account_id: str) -> Account:
        """One account. Raises ACCOUNT_NOT_FOUND."""
        found = await self._database.read(lambda connection: accounts.by_id(connection, account_id))
        if found is None:
            raise account_not_found(account_id)
        return found

    async def entries(self, account_id: str, *, before: int | None, limit: int) -> list[StoredEntry]:
        """One page of the statement, newest first. Raises ACCOUNT_NOT_FOUND."""
        await self.get(account_id)
        return await self._database.read(
            lambda connection: ledger.statement_of(connection, account_id, before=before, limit=limit)
        )

    async def deposit(
        self, *, caller: str, account_id: str, amount: Money, request_id: str
    ) -> tuple[StoredEntry, bool]:
        """The account's leg of the deposit, and whether it was made before. Raises IDEMPOTENCY_KEY_REUSED."""
        key = RequestKey(caller, "Deposit", request_id)
        fields = {
            "account_id": account_id,
            "amount.currency_code": amount.currency,
            "amount.minor_units": amount.minor_units,
        }
        transfer_id = new_id()

        async def work(connection: Connection) -> tuple[StoredEntry, bool]:
            async def effect() -> dict[str, Any]:
                return await _deposit(connection, transfer_id, account_id, amount)

            response, replayed = await once(connection, key, fields, effect)
            return await ledger.entry(connection, response["account_id"], response["sequence"]), replayed

        return await self._database.transact(work)


async def _deposit(connection: Connection, transfer_id: UUID, account_id: str, amount: Money) -> dict[str, Any]:
    """Money comes in through a system account, one a currency, which stands for the outside world."""
    outside = f"system:deposits:{amount.currency}"
    await accounts.create(
        connection, account_id=outside, owner_id="system", kind=AccountKind.SYSTEM, currency=amount.currency
    )
    made = await post(connection, [Transfer(transfer_id, TransferKind.DEPOSIT, outside, account_id, amount)])
    if made.refused:
        reason = made.refused[0].reason
        raise PayonceError(reason, TEXTS[reason], metadata={"account_id": account_id})
    leg = next(entry for entry in made.entries if entry.account_id == account_id)
    return {"account_id": leg.account_id, "sequence": leg.sequence}


def account_not_found(account_id: str) -> PayonceError:
    """The answer to an account that is absent, or somebody else's."""
    return PayonceError(Reason.ACCOUNT_NOT_FOUND, TEXTS[Reason.ACCOUNT_NOT_FOUND], metadata={"account_id": account_id})
