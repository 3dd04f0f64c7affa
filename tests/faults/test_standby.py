"""A failover loses nothing that was committed, as a commit waits for the standby; nobody has to be told of it."""

import asyncio
from collections.abc import AsyncIterator

import psutil  # type: ignore[import-untyped]
import psycopg
import pytest

from faults.standby import Replicated, Twins

LIMIT_S = 60.0
WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
INSERT = b"INSERT INTO kept VALUES (%s)"


@pytest.fixture(scope="module")
async def twins(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Replicated]:
    folder = tmp_path_factory.mktemp("twins")
    for parent in [folder, *folder.parents][:3]:
        parent.chmod(0o755)  # PostgreSQL does not run as root, and must get in
    made = Twins(folder / "both")
    try:
        server = await made.get()
        server.execute("postgres", "CREATE TABLE kept (n int)")
        yield server
    finally:
        made.close()


async def test_a_failover_keeps_what_was_committed_and_the_address(twins: Replicated) -> None:
    primary, address = twins.data, (twins.plain("postgres"), twins.socket)
    twins.execute("postgres", INSERT.decode(), [1])
    await twins.fail_over()
    assert twins.data != primary
    assert (twins.plain("postgres"), twins.socket) == address
    assert twins.execute("postgres", "SELECT n FROM kept") == [(1,)]
    await twins.attach()
    twins.execute("postgres", INSERT.decode(), [2])
    await twins.fail_over()
    assert twins.execute("postgres", "SELECT n FROM kept ORDER BY n") == [(1,), (2,)]
    await twins.attach()


async def test_a_commit_is_not_answered_without_the_standby(twins: Replicated) -> None:
    assert twins.standby is not None
    postmaster = psutil.Process(twins.standby.pid)
    standby = [postmaster, *postmaster.children(recursive=True)]
    for process in standby:
        process.suspend()
    try:
        async with await psycopg.AsyncConnection.connect(twins.plain("postgres"), autocommit=True) as session:
            committing = asyncio.create_task(session.execute(INSERT, [3]))
            async with asyncio.timeout(LIMIT_S):
                while not await asyncio.to_thread(twins.execute, "postgres", WAITING):
                    assert not committing.done()
                    await asyncio.sleep(0.01)
                for process in standby:
                    process.resume()
                await committing
    finally:
        for process in standby:
            process.resume()
