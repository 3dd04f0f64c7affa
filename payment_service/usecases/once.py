"""Idempotency for requests without a natural key: (caller, method, request_id), a fingerprint, the stored answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from payment_service.domain.requests import RequestKey
from payment_service.storage import requests
from shared.callers import ANYONE
from shared.database import Connection, Database
from shared.errors import PayonceError, Reason

Json = dict[str, Any]
Effect = Callable[[Connection], Awaitable[Json]]
Check = Callable[[Connection], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks for what: `fields` are all named fields of the request but its id."""

    key: RequestKey
    fields: Json


async def once(
    database: Database, request: Request, own: UUID, effect: Effect, allowed: Check | None = None
) -> tuple[Json, bool]:
    """The answer, and whether it was given before. `effect` runs the first time, in the same transaction as the claim.

    `allowed` is asked each time before, and raises when the answer, if there is one, is not the caller's to hear.

    Of several at the same time the others wait for the first to commit, and replay. `own` is the id that the effect
    gives to what it makes, and stands in its answer: by it a transaction that is run again, after a commit whose answer
    was lost, knows its own. Raises IDEMPOTENCY_KEY_REUSED when the id came with other
    parameters before.

    Each caller's ids are a space of their own. A request that came before callers had identities is known by its
    content too, so that one whose reply was lost then is not carried out again now.
    """

    async def work(connection: Connection) -> tuple[Json, bool]:
        if allowed:
            await allowed(connection)
        named = request.key.caller != ANYONE
        if named and (answer := await requests.by_anyone(connection, request.key, request.fields)):
            return answer, True
        if await requests.claim(connection, request.key, request.fields):
            response = await effect(connection)
            await requests.store(connection, request.key, response)
            return response, False
        earlier, response = await requests.stored(connection, request.key)
        names = sorted(earlier.keys() | request.fields.keys())
        if differing := [name for name in names if earlier.get(name) != request.fields.get(name)]:
            raise PayonceError(
                Reason.IDEMPOTENCY_KEY_REUSED,
                "This request_id came with other parameters before.",
                metadata={"request_id": request.key.request_id, "fields": ",".join(differing)},
            )
        return response, str(own) not in response.values()

    return await database.transact(work, name=request.key.method)
