"""Statements on the table `requests`: the keys of requests that have no natural one."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from payment_service.domain.requests import RequestKey
from payment_service.storage.schema import requests
from shared.callers import ANYONE
from shared.database import Connection


async def claim(connection: Connection, key: RequestKey, fingerprint: dict[str, Any]) -> bool:
    """Whether this is the first time. Of two at once, the second waits for the first to commit."""
    values = {**_columns(key), "fingerprint": fingerprint}
    query = insert(requests).values(values).on_conflict_do_nothing().returning(requests.c.request_id)
    return (await connection.execute(query)).one_or_none() is not None


async def by_anyone(connection: Connection, key: RequestKey, fingerprint: dict[str, Any]) -> dict[str, Any] | None:
    """The answer to the same request when it came from a caller without an identity."""
    same = [*_is(key._replace(caller=ANYONE)), requests.c.fingerprint == fingerprint]
    return (await connection.execute(sa.select(requests.c.response).where(*same))).scalar_one_or_none()


async def store(connection: Connection, key: RequestKey, response: dict[str, Any]) -> None:
    """Keep the answer, in the effect's own transaction."""
    await connection.execute(sa.update(requests).where(*_is(key)).values(response=response))


async def stored(connection: Connection, key: RequestKey) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fingerprint and answer of a request that was claimed before."""
    query = sa.select(requests.c.fingerprint, requests.c.response).where(*_is(key))
    row = (await connection.execute(query)).one()
    return row.fingerprint, row.response


def _columns(key: RequestKey) -> dict[str, str]:
    return {"caller": key.caller, "method": key.method, "request_id": key.request_id}


def _is(key: RequestKey) -> list[sa.ColumnElement[bool]]:
    return [requests.c[name] == value for name, value in _columns(key).items()]
