"""Accounts, money in and out, statements."""

from collections.abc import Sequence
from dataclasses import dataclass

from payment_service.domain.ledger import Account, AccountKind, StoredEntry, Transfer, TransferKind
from payment_service.domain.payments import refusal
from payment_service.storage import accounts, ledger
from payment_service.usecases.once import Json, Request, once
from payment_service.usecases.post import post
from shared.callers import Caller, Scope
from shared.database import Connection, Database
from shared.errors import PayonceError, Reason
from shared.ids import new_id
from shared.money import Money


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What the client says of an account to be opened."""

    account_id: str
    owner_id: str
    kind: AccountKind
    currency_code: str


class Accounts:
    """The use cases around accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, asked: NewAccount) -> tuple[Account, bool]:
        """The account, and whether it was there before with the same content. Raises ACCOUNT_ALREADY_EXISTS."""

        async def work(connection: Connection) -> tuple[Account, bool]:
            created = await accounts.create(
                connection,
                account_id=asked.account_id,
                owner_id=asked.owner_id,
                kind=asked.kind,
                currency=asked.currency_code,
            )
            if created:
                return created, False
            found = await accounts.by_id(connection, asked.account_id)
            if found is None:
                raise refusal(Reason.ACCOUNT_NOT_FOUND, account_id=asked.account_id)
            there = NewAccount(found.account_id, found.owner_id, found.kind, found.balance.currency)
            if there != asked:
                raise _taken(there, asked)
            return found, True

        return await self._database.transact(work)

    async def get(self, account_id: str, caller: Caller) -> Account:
        """One account. Raises ACCOUNT_NOT_FOUND."""
        found = await self._database.read(lambda connection: accounts.by_id(connection, account_id))
        if found is None or not caller.owns(found.owner_id):
            raise refusal(Reason.ACCOUNT_NOT_FOUND, account_id=account_id)
        return found

    async def page(self, caller: Caller, *, owner_id: str | None, after: str | None, limit: int) -> Sequence[Account]:
        """One page of the accounts that exist for the caller, by id."""
        if caller.scope is Scope.OWN:
            if owner_id not in (None, caller.subject):
                return ()
            owner_id = caller.subject
        return await self._database.read(
            lambda connection: accounts.page(connection, owner_id=owner_id, after=after, limit=limit)
        )

    async def entries(
        self, account_id: str, caller: Caller, *, before: int | None, limit: int
    ) -> Sequence[StoredEntry]:
        """One page of the statement, newest first. Raises ACCOUNT_NOT_FOUND."""
        await self.get(account_id, caller)
        return await self._database.read(
            lambda connection: ledger.statement_of(connection, account_id, before=before, limit=limit)
        )

    async def deposit(self, account_id: str, amount: Money, request: Request) -> tuple[StoredEntry, bool]:
        """The account's leg of the deposit, and whether it was made before. Raises IDEMPOTENCY_KEY_REUSED."""
        return await self._cross(TransferKind.DEPOSIT, account_id, amount, request)

    async def withdraw(self, account_id: str, amount: Money, request: Request) -> tuple[StoredEntry, bool]:
        """The same for a withdrawal. Raises INSUFFICIENT_FUNDS too."""
        return await self._cross(TransferKind.WITHDRAWAL, account_id, amount, request)

    async def _cross(
        self, kind: TransferKind, account_id: str, amount: Money, request: Request
    ) -> tuple[StoredEntry, bool]:
        """Money comes in and goes out through system accounts, one a kind and currency: the outside world."""
        outside = f"system:{kind}s:{amount.currency}"
        source, target = (outside, account_id) if kind == TransferKind.DEPOSIT else (account_id, outside)
        transfer = Transfer(new_id(), kind, source, target, amount)

        async def effect(connection: Connection) -> Json:
            await accounts.create(
                connection, account_id=outside, owner_id="system", kind=AccountKind.SYSTEM, currency=amount.currency
            )
            made = await post(connection, [transfer])
            if made.refused:
                raise refusal(made.refused[0].reason, account_id=account_id)
            leg = made.posted[0].target if kind == TransferKind.DEPOSIT else made.posted[0].source
            return {"account_id": leg.account_id, "sequence": leg.sequence, "transfer_id": str(leg.transfer_id)}

        response, replayed = await once(self._database, request, transfer.transfer_id, effect)
        entry = await self._database.read(
            lambda connection: ledger.entry(connection, response["account_id"], response["sequence"])
        )
        return entry, replayed


def _taken(there: NewAccount, asked: NewAccount) -> PayonceError:
    fields = [name for name in ("owner_id", "kind", "currency_code") if getattr(there, name) != getattr(asked, name)]
    metadata = {"account_id": asked.account_id, "fields": ",".join(fields)}
    return PayonceError(Reason.ACCOUNT_ALREADY_EXISTS, "The account id is taken by other content.", metadata=metadata)
