"""Whose a payment or a ticket is: to a customer, the payer's; to a merchant, the payee's. To others it is absent."""

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeAlias

from payment_service.domain.ledger import Owners
from payment_service.domain.payments import PaymentFilter, Side, refusal
from shared.callers import Caller, Role, Scope
from shared.errors import PayonceError, Reason


class Sided(Protocol):
    """A payment, a ticket, an order: from one account to another, which may be open."""

    @property
    def payer_account_id(self) -> str: ...
    @property
    def payee_account_id(self) -> str | None: ...


Asked: TypeAlias = tuple[Caller, Sided | None]  # who asks, and for what there is


def accounts_of(asked: Iterable[Asked]) -> set[str]:
    """The accounts whose owners tell who may see what; none when everybody may see anything."""
    return {_account(caller, thing) for caller, thing in asked if thing and caller.scope is Scope.OWN} - {""}


def is_theirs(caller: Caller, thing: Sided, owner_of: Mapping[str, str]) -> bool:
    """Whether it exists for the caller, given the owners of accounts."""
    return caller.owns(owner_of.get(_account(caller, thing)))


def may_use(caller: Caller, ticket: Sided, owner_of: Mapping[str, str]) -> bool:
    """Whether a ticket, or the payment of one, exists for the caller who holds it. An open one pays any merchant."""
    is_open = side_of(caller) is Side.PAYEE and not ticket.payee_account_id
    return is_open or is_theirs(caller, ticket, owner_of)


def owners(caller: Caller, *, payer: str, payee: str) -> Owners:
    """What the ledger is to hold a payment to that the caller asks for."""
    if caller.scope is Scope.ANY:
        return ()
    return ((payee if side_of(caller) is Side.PAYEE else payer, caller.subject),)


def told(caller: Caller, error: PayonceError) -> PayonceError:
    """A payment's refusal as the caller may hear it.

    Anybody may name a payee. One who can't be paid is not there: else whose accounts exist could be found by trying.
    """
    if caller.scope is Scope.OWN and error.reason == Reason.ACCOUNT_KIND_MISMATCH:
        return refusal(Reason.ACCOUNT_NOT_FOUND, **error.metadata)
    return error


def narrowed(wanted: PaymentFilter, caller: Caller) -> PaymentFilter:
    """What is wanted of the payments that exist for the caller."""
    return wanted if caller.scope is Scope.ANY else wanted._replace(owned=(side_of(caller), caller.subject))


def side_of(caller: Caller) -> Side:
    """The side on which a caller stands who may see only their own."""
    return Side.PAYEE if caller.role is Role.MERCHANT else Side.PAYER


def _account(caller: Caller, thing: Sided) -> str:
    """The account which must be the caller's; empty when that is open."""
    return (thing.payee_account_id if side_of(caller) is Side.PAYEE else thing.payer_account_id) or ""
