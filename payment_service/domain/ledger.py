"""The ledger: double entry. A transfer's entries sum to zero; each entry knows the balance after it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias
from uuid import UUID

from shared.errors import Reason
from shared.money import MAX_BALANCE_MINOR, Money


class AccountKind(StrEnum):
    """Whose money it is.

    Only customers are guarded against overdraft: a correction may take a merchant below zero, and the system's accounts
    are the outside world.
    """

    CUSTOMER = "customer"
    MERCHANT = "merchant"
    SYSTEM = "system"


class TransferKind(StrEnum):
    """Why money moves."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    CHARGE = "charge"
    REVERSAL = "reversal"
    REFUND = "refund"


# Accounts, each with whom it must belong to, or it is as good as absent.
Owners: TypeAlias = tuple[tuple[str, str], ...]

# These give back what a merchant may have spent already; the customer's money must not be stuck for that.
CORRECTIONS = (TransferKind.REVERSAL, TransferKind.REFUND)


class Account(NamedTuple):
    """An account as it stands. `last_sequence` counts its entries, `held_minor` is what authorizations reserve."""

    account_id: str
    owner_id: str
    kind: AccountKind
    balance: Money
    held_minor: int
    last_sequence: int
    created_at: datetime

    @property
    def available(self) -> Money:
        """What can be paid or withdrawn."""
        return Money(self.balance.currency, self.balance.minor_units - self.held_minor)


class Transfer(NamedTuple):
    """`amount` goes from `source` to `target`. `release` of the source's held amount is freed with it."""

    transfer_id: UUID
    kind: TransferKind
    source: str
    target: str
    amount: Money
    payment_id: UUID | None = None
    owners: Owners = ()
    release_minor: int = 0


class Hold(NamedTuple):
    """`amount` of `source` is reserved for `target`, or released again. The balance stays as it is."""

    payment_id: UUID
    source: str
    target: str
    amount: Money
    owners: Owners = ()
    release: bool = False


Movement: TypeAlias = Transfer | Hold


class Entry(NamedTuple):
    """One leg. Negative when money leaves the account."""

    account_id: str
    sequence: int
    transfer_id: UUID
    kind: TransferKind
    payment_id: UUID | None
    amount: Money
    balance_after: Money


class StoredEntry(NamedTuple):
    """An entry, and when it was written, by the database's clock."""

    entry: Entry
    created_at: datetime


class Refused(NamedTuple):
    """A movement that cannot be made, and the account that stands in its way."""

    movement: Movement
    reason: Reason
    account_id: str


class Posted(NamedTuple):
    """A transfer with its two legs."""

    transfer: Transfer
    source: Entry
    target: Entry


class Plan(NamedTuple):
    """What to write: transfers with their entries, the accounts as they will be; and what was refused."""

    posted: list[Posted]
    accounts: list[Account]
    refused: list[Refused]


def plan(accounts: Mapping[str, Account], movements: Iterable[Movement]) -> Plan:
    """Apply the movements one after the other to the (locked) accounts. One refused leaves no trace on the others."""
    now = dict(accounts)
    posted: list[Posted] = []
    refused: list[Refused] = []
    for movement in movements:
        obstacle = _obstacle(now, movement)
        if obstacle:
            refused.append(obstacle)
        elif isinstance(movement, Hold):
            change = -movement.amount.minor_units if movement.release else movement.amount.minor_units
            now[movement.source] = _after(now[movement.source], 0, held_change=change, entries=0)
        else:
            amount_minor = movement.amount.minor_units
            source = _after(now[movement.source], -amount_minor, held_change=-movement.release_minor)
            target = _after(now[movement.target], amount_minor)
            now[movement.source], now[movement.target] = source, target
            posted.append(Posted(movement, _leg(movement, source, -amount_minor), _leg(movement, target, amount_minor)))
    touched = sorted(account_id for account_id, account in now.items() if account is not accounts[account_id])
    return Plan(posted, [now[account_id] for account_id in touched], refused)


def _after(account: Account, change: int, *, held_change: int = 0, entries: int = 1) -> Account:
    """The account after one leg, or after a hold. Written out: `dataclasses.replace` costs as much as the rest."""
    return Account(
        account.account_id,
        account.owner_id,
        account.kind,
        Money(account.balance.currency, account.balance.minor_units + change),
        account.held_minor + held_change,
        account.last_sequence + entries,
        account.created_at,
    )


def _leg(transfer: Transfer, after: Account, amount_minor: int) -> Entry:
    return Entry(
        after.account_id,
        after.last_sequence,
        transfer.transfer_id,
        transfer.kind,
        transfer.payment_id,
        Money(transfer.amount.currency, amount_minor),
        after.balance,
    )


def _obstacle(accounts: Mapping[str, Account], movement: Movement) -> Refused | None:
    """The first rule that the movement breaks, if any."""
    for account_id, owner_id in movement.owners:
        if (owned := accounts.get(account_id)) is None or owned.owner_id != owner_id:
            return Refused(movement, Reason.ACCOUNT_NOT_FOUND, account_id)  # somebody else's = absent
    source, target = accounts.get(movement.source), accounts.get(movement.target)
    if source is None or target is None:
        return Refused(movement, Reason.ACCOUNT_NOT_FOUND, movement.target if source else movement.source)
    if unfit := _unfit(source, target, movement):
        return unfit
    if isinstance(movement, Hold) and movement.release:
        return None
    if not _has_funds(source, movement):
        return Refused(movement, Reason.INSUFFICIENT_FUNDS, source.account_id)
    if isinstance(movement, Transfer):
        for account, change in ((source, -movement.amount.minor_units), (target, movement.amount.minor_units)):
            if abs(account.balance.minor_units + change) > MAX_BALANCE_MINOR:
                return Refused(movement, Reason.BALANCE_LIMIT_EXCEEDED, account.account_id)
    return None


def _unfit(source: Account, target: Account, movement: Movement) -> Refused | None:
    """Whether accounts of these kinds and currencies are not for this. The kind first: to some it says all (`told`)."""
    if _charges(movement):
        for account, kind in ((source, AccountKind.CUSTOMER), (target, AccountKind.MERCHANT)):
            if account.kind != kind:
                return Refused(movement, Reason.ACCOUNT_KIND_MISMATCH, account.account_id)
    for account in (source, target):
        if account.balance.currency != movement.amount.currency:
            return Refused(movement, Reason.CURRENCY_MISMATCH, account.account_id)
    return None


def _charges(movement: Movement) -> bool:
    """Whether it takes, or is to take, a payment from its payer."""
    return not movement.release if isinstance(movement, Hold) else movement.kind == TransferKind.CHARGE


def _has_funds(source: Account, movement: Movement) -> bool:
    """The guard against overdraft. The system's accounts have none, and corrections may take a merchant below zero."""
    released = movement.release_minor if isinstance(movement, Transfer) else 0
    if source.kind == AccountKind.SYSTEM:
        return True
    if source.kind == AccountKind.MERCHANT and isinstance(movement, Transfer) and movement.kind in CORRECTIONS:
        return True
    return source.balance.minor_units - source.held_minor + released >= movement.amount.minor_units
