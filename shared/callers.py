"""Who calls, and what may be seen by them."""

from enum import Enum, StrEnum
from typing import NamedTuple

# Who calls where nobody is asked who they are: in development, and before callers had identities.
ANYONE = "anyone"


class Role(StrEnum):
    """What a caller is, by its token (customer, merchant, backoffice) or its certificate (service)."""

    CUSTOMER = "customer"
    MERCHANT = "merchant"
    BACKOFFICE = "backoffice"
    SERVICE = "service"


class Scope(Enum):
    """Which rows a method may touch for a role: those of the caller alone, or anybody's."""

    OWN = "own"
    ANY = "any"


class Caller(NamedTuple):
    """One caller of one method.

    `subject` is the token's `sub`, which an account's `owner_id`, an order's `customer_id` and an order's
    `merchant_id` are compared with; a service's is the name in its certificate.
    """

    role: Role
    subject: str
    scope: Scope

    def owns(self, owner_id: str | None) -> bool:
        """Whether a row of that owner exists for this caller; to others it is absent. None: it is nobody's."""
        return self.scope is Scope.ANY or (self.subject == owner_id and bool(owner_id))

    @property
    def name(self) -> str:
        """What the history calls them, and their request ids are kept apart by: `merchant:shop`."""
        return ANYONE if self is DEVELOPER else f"{self.role}:{self.subject}"


# Loopback without TLS: development, where whoever can reach the port may do everything.
DEVELOPER = Caller(Role.BACKOFFICE, "developer", Scope.ANY)
