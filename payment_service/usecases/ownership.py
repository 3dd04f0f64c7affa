"""Looking up whose things are. Callers who may see anything cost no statement."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from payment_service.domain.ownership import Sided, accounts_of, is_theirs
from payment_service.storage import accounts
from shared.callers import Caller
from shared.database import Connection, Database

T = TypeVar("T", bound=Sided)
Rule: TypeAlias = Callable[[Caller, Sided, Mapping[str, str]], bool]


async def theirs(database: Database, asked: Sequence[tuple[Caller, T | None]]) -> list[T | None]:
    """Each payment, if it exists for who asks. One statement for all of them."""
    ids = sorted(accounts_of(asked))
    owner_of = await database.read(lambda connection: accounts.owners(connection, ids)) if ids else {}
    return [thing if thing and is_theirs(caller, thing, owner_of) else None for caller, thing in asked]


async def there(connection: Connection, caller: Caller, thing: T | None, rule: Rule = is_theirs) -> T | None:
    """The payment, or ticket, if it exists for the caller by that rule: the same on a connection."""
    ids = sorted(accounts_of([(caller, thing)]))
    owner_of = await accounts.owners(connection, ids) if ids else {}
    return thing if thing and rule(caller, thing, owner_of) else None
