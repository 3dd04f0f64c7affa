"""I20: what is still held after a soak is found, each by its name, and nothing else is."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import psycopg
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from faults.__main__ import world
from faults.report import Report
from faults.run import heal
from faults.soak import run as soaking
from faults.soak.report import tables, write
from faults.stage import Stage
from tests.harness.postgres import raw

HERE = "payment_service-0"
LIMIT_S = 90.0  # whatever hangs is to be seen in a traceback


@contextlib.asynccontextmanager
async def leaks(stage: Stage) -> AsyncIterator[None]:
    """Held as if a service had forgotten them: a connection with a call on it; a transaction with locks."""
    own: dict[str, Any] = {"application_name": "payment_service"}
    # Suppressed: in the end the database is dropped under it.
    with (
        contextlib.suppress(psycopg.OperationalError),
        psycopg.connect(raw(stage.urls["payments"]), **own) as session,
    ):
        session.execute("SELECT pg_advisory_xact_lock(7), pg_current_xact_id()")
        async with grpc.aio.insecure_channel(stage.services["payment"][0].address) as channel:
            stub: Any = health_pb2_grpc.HealthStub(channel)
            watching = stub.Watch(health_pb2.HealthCheckRequest())
            await watching.read()
            yield


async def test_what_is_not_given_back_is_found_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in {"WARM_S": 5.0, "REST_S": 1.0, "SETTLE_S": 0.0}.items():
        monkeypatch.setattr(soaking, name, seconds)
    # That must do to open every connection, on a busy machine too; what was added to the stories later asks for others.
    monkeypatch.setattr("faults.plan._later", lambda _, habits, settings, __: (habits, settings))
    async with asyncio.timeout(LIMIT_S), contextlib.AsyncExitStack() as leaking:

        async def heal_and_leak(stage: Stage, *rest: Any) -> None:
            await heal(stage, *rest)
            await leaking.enter_async_context(leaks(stage))

        monkeypatch.setattr(soaking, "heal", heal_and_leak)
        async with world(["cut"], Report(tmp_path)) as made:
            soaked = await soaking.soak(made, 3, 1.5, lambda _: None)
    named = {" ".join(one.text.partition(":")[0].split()[1:]) for one in soaked.violations}
    assert named == {
        "transactions of payment_service",
        "advisory of payment_service",
        "locks of payment_service",
        f"fds of {HERE}",
        f"tasks of {HERE}",
    }, [one.text for one in soaked.violations]
    assert not soaked.clean
    assert soaked.requests > 50
    assert " fds=+1 connections=+0 locks=+2 rss_mib=+" in soaked.last_line()
    assert soaked.last_line().endswith("violations=5")
    assert all(table.row_count for table in tables(soaked))
    assert write(soaked, tmp_path).stat().st_size > 0
