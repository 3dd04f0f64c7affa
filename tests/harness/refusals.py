"""Refusals: what they say, and that nothing changed."""

from collections.abc import Awaitable, Mapping
from typing import Any

import grpc
import psycopg
import pytest
from google.rpc import error_details_pb2
from psycopg import sql

from tests.harness.answers import detail, reason
from tests.harness.postgres import Pair, raw, rows

FAILED = grpc.StatusCode.FAILED_PRECONDITION
ABSENT = grpc.StatusCode.NOT_FOUND
INVALID = grpc.StatusCode.INVALID_ARGUMENT
TABLES = """SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'seal%%' ORDER BY 1"""


async def refusal(call: Awaitable[object], why: str, code: grpc.StatusCode = FAILED) -> Mapping[str, str]:
    """The metadata of the one documented refusal."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    assert (caught.value.code(), reason(caught.value)) == (code, why), caught.value
    found: Mapping[str, str] = detail(caught.value, error_details_pb2.ErrorInfo).metadata
    return found


async def violations(call: Awaitable[object]) -> list[str]:
    """The fields that an INVALID_ARGUMENT names."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    assert (caught.value.code(), reason(caught.value)) == (INVALID, "INVALID_REQUEST"), caught.value
    return [v.field for v in detail(caught.value, error_details_pb2.BadRequest).field_violations]


async def outcome(call: Awaitable[object]) -> str:
    """`OK`, or the refusal's reason."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return reason(error) or error.code().name
    return "OK"


def contents(pair: Pair) -> dict[str, Any]:
    """Every row of every table but the seals, which follow by themselves what stands in the others."""
    return {
        table: rows(url, f"SELECT t::text FROM {table} AS t ORDER BY 1")
        for url in (pair.orders_url, pair.payments_url)
        for (table,) in rows(url, TABLES)
    }


def forge(url: str, table: str, change: str, where: str, *values: object) -> None:
    """Change one row as only the database's owner could: with the guards of this session switched off."""
    query = sql.SQL("UPDATE {} SET {} WHERE {}").format(sql.Identifier(table), sql.SQL(change), sql.SQL(where))
    with psycopg.connect(raw(url)) as connection:
        connection.execute("SET session_replication_role = replica")
        assert connection.execute(query, values).rowcount == 1
