"""payment_service.storage.requests."""

from typing import Any

from payment_service.domain.requests import RequestKey
from shared.callers import ANYONE
from simulation.database import statement
from simulation.tables import Transaction, Values


@statement
async def claim(t: Transaction, key: RequestKey, fingerprint: dict[str, Any]) -> bool:
    row: Values = {
        "caller": key.caller,
        "method": key.method,
        "request_id": key.request_id,
        "fingerprint": fingerprint,
        "response": None,
        "created_at": t.now,
    }
    return await t.insert("requests", row, on_conflict_nothing=True)


@statement
async def by_anyone(t: Transaction, key: RequestKey, fingerprint: dict[str, Any]) -> dict[str, Any] | None:
    row = t.get("requests", ANYONE, key.method, key.request_id)
    return row["response"] if row and row["fingerprint"] == fingerprint else None


@statement
async def store(t: Transaction, key: RequestKey, response: dict[str, Any]) -> None:
    row = await t.lock("requests", key.caller, key.method, key.request_id)
    if row:
        t.write("requests", {**row, "response": response}, key.caller, key.method, key.request_id)


@statement
async def stored(t: Transaction, key: RequestKey) -> tuple[dict[str, Any], dict[str, Any]]:
    row = t.get("requests", key.caller, key.method, key.request_id)
    assert row, f"no request {key}"  # noqa: S101 - the real one raises too
    return row["fingerprint"], row["response"]
