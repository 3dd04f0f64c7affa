"""What the tests of answers share: a refusal, looked at closely, and everything that both databases hold."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

from tests.harness.answers import detail, reason
from tests.harness.audit import at_rest
from tests.harness.postgres import Pair, rows
from tests.harness.services import Services

ABSENT = grpc.StatusCode.NOT_FOUND
FAILED = grpc.StatusCode.FAILED_PRECONDITION
INVALID = grpc.StatusCode.INVALID_ARGUMENT
TAKEN = grpc.StatusCode.ALREADY_EXISTS
TABLES = {"orders_url": ["orders"], "payments_url": ["accounts", "transfers", "entries", "payments", "requests"]}


async def refusal(call: Awaitable[object], code: grpc.StatusCode, why: str) -> error_details_pb2.ErrorInfo:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    assert (caught.value.code(), reason(caught.value)) == (code, why)
    return detail(caught.value, error_details_pb2.ErrorInfo)


async def invalid(call: Awaitable[object]) -> list[str]:
    """The fields that the answer names, which is a bad request's."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    assert (caught.value.code(), reason(caught.value)) == (INVALID, "INVALID_REQUEST")
    return [violation.field for violation in detail(caught.value, error_details_pb2.BadRequest).field_violations]


@asynccontextmanager
async def nothing_changes(running: Services) -> AsyncIterator[None]:
    """Both databases hold the same rows before and after."""
    await at_rest(running.pair)  # what earlier tests did must be at rest
    before = contents(running.pair)
    yield
    assert contents(running.pair) == before


def contents(pair: Pair) -> list[Any]:
    return [
        rows(getattr(pair, url), f"SELECT t::text FROM {table} AS t ORDER BY 1")
        for url, tables in TABLES.items()
        for table in tables
    ]
