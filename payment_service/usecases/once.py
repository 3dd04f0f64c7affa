"""Idempotency for requests without a natural key: (caller, method, request_id), a fingerprint, the stored answer."""

from collections.abc import Awaitable, Callable
from typing import Any

from payment_service.storage import requests
from payment_service.storage.requests import RequestKey
from shared.database import Connection
from shared.errors import PayonceError, Reason

Json = dict[str, Any]


async def once(
    connection: Connection, key: RequestKey, fingerprint: Json, effect: Callable[[], Awaitable[Json]]
) -> tuple[Json, bool]:
    """The answer, and whether it was given before. `effect` runs the first time, in the same transaction as the claim.

    The fingerprint is of named fields: protobuf's bytes are not canonical. Raises IDEMPOTENCY_KEY_REUSED when the id
    came with other parameters before.
    """
    if await requests.claim(connection, key, fingerprint):
        response = await effect()
        await requests.store(connection, key, response)
        return response, False
    earlier, response = await requests.stored(connection, key)
    if differing := [name for name in fingerprint if fingerprint[name] != earlier.get(name)]:
        raise PayonceError(
            Reason.IDEMPOTENCY_KEY_REUSED,
            "This request_id came with other parameters before.",
            metadata={"request_id": key.request_id, "fields": ",".join(differing)},
        )
    return response, True
