"""The ledger: double entry. A transfer's entries sum to zero; each entry knows the balance after it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
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
    CHARGE = "charge"
    REVERSAL = "reversal"


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it stands. `last_sequence` counts its entries."""

    account_id: str
    owner_id: str
    kind: AccountKind
    balance: Money
    last_sequence: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Transfer:
    """`amount` goes from `source` to `target`."""

    transfer_id: UUID
    kind: TransferKind
    source: str
    target: str
    amount: Money
    payment_id: UUID | None = None
    owner_id: str | None = None  # when given, the source must be this owner's


@dataclass(frozen=True, slots=True)
class Entry:
    """One leg. Negative when money leaves the account."""

    account_id: str
    sequence: int
    transfer_id: UUID
    kind: TransferKind
    payment_id: UUID | None
    amount: Money
    balance_after: Money


@dataclass(frozen=True, slots=True)
class Refused:
    """A transfer that cannot be made, and the account that stands in its way."""

    transfer: Transfer
    reason: Reason
    account_id: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write: transfers with their entries, the accounts as they will be; and what was refused."""

    transfers: list[Transfer]
    entries: list[Entry]
    accounts: list[Account]
    refused: list[Refused]


def plan(accounts: Mapping[str, Account], transfers: Iterable[Transfer]) -> Plan:
    """Apply the transfers one after the other to the (locked) accounts. One refused leaves no trace on the others."""
    now = dict(accounts)
    done: list[Transfer] = []
    entries: list[Entry] = []
    refused: list[Refused] = []
    for transfer in transfers:
        obstacle = _obstacle(now, transfer)
        if obstacle:
            refused.append(obstacle)
            continue
        done.append(transfer)
        for account_id, amount_minor in (
            (transfer.source, -transfer.amount.minor_units),
            (transfer.target, transfer.amount.minor_units),
        ):
            now[account_id] = account = _moved(now[account_id], amount_minor)
            entries.append(_entry(transfer, account, amount_minor))
    touched = sorted({entry.account_id for entry in entries})
    return Plan(done, entries, [now[account_id] for account_id in touched], refused)


def _moved(account: Account, amount_minor: int) -> Account:
    balance = replace(account.balance, minor_units=account.balance.minor_units + amount_minor)
    return replace(account, balance=balance, last_sequence=account.last_sequence + 1)


def _entry(transfer: Transfer, after: Account, amount_minor: int) -> Entry:
    return Entry(
        account_id=after.account_id,
        sequence=after.last_sequence,
        transfer_id=transfer.transfer_id,
        kind=transfer.kind,
        payment_id=transfer.payment_id,
        amount=replace(transfer.amount, minor_units=amount_minor),
        balance_after=after.balance,
    )


def _obstacle(accounts: Mapping[str, Account], transfer: Transfer) -> Refused | None:
    """The first rule that the transfer breaks, if any."""
    source, target = accounts.get(transfer.source), accounts.get(transfer.target)
    if source is None or (transfer.owner_id is not None and source.owner_id != transfer.owner_id):
        return Refused(transfer, Reason.ACCOUNT_NOT_FOUND, transfer.source)  # somebody else's = absent
    if target is None:
        return Refused(transfer, Reason.ACCOUNT_NOT_FOUND, transfer.target)
    for account in (source, target):
        if account.balance.currency != transfer.amount.currency:
            return Refused(transfer, Reason.CURRENCY_MISMATCH, account.account_id)
    if transfer.kind == TransferKind.CHARGE:
        for account, kind in ((source, AccountKind.CUSTOMER), (target, AccountKind.MERCHANT)):
            if account.kind != kind:
                return Refused(transfer, Reason.ACCOUNT_KIND_MISMATCH, account.account_id)
    may_go_below_zero = source.kind == AccountKind.SYSTEM or (
        transfer.kind == TransferKind.REVERSAL and source.kind == AccountKind.MERCHANT
    )
    if source.balance.minor_units < transfer.amount.minor_units and not may_go_below_zero:
        return Refused(transfer, Reason.INSUFFICIENT_FUNDS, source.account_id)
    for account, change in ((source, -transfer.amount.minor_units), (target, transfer.amount.minor_units)):
        if abs(account.balance.minor_units + change) > MAX_BALANCE_MINOR:
            return Refused(transfer, Reason.BALANCE_LIMIT_EXCEEDED, account.account_id)
    return None
