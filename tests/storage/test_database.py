"""A server that goes silent: every wait for it ends, what it did is asked again, and the pool is whole afterwards."""

import asyncio
import gc
from collections.abc import AsyncIterator

import psycopg
import pytest
import sqlalchemy as sa

from shared.database import Connection, Database
from shared.errors import PayonceError, Reason
from tests.harness.freezing import FreezingProxy, freezing
from tests.harness.postgres import Pair, raw, rows

LIMIT_S = 0.5  # of one attempt
PATIENT_S = 30.0  # nothing here may take as long; without a bound it takes for ever
CLAIM = "INSERT INTO claims VALUES (1) ON CONFLICT DO NOTHING"


@pytest.fixture
async def proxy(pair: Pair) -> AsyncIterator[FreezingProxy]:
    async with freezing(pair.orders_url) as between:
        yield between


@pytest.fixture
async def database(pair: Pair, proxy: FreezingProxy) -> AsyncIterator[Database]:
    """One connection: whoever does not give it back is noticed."""
    with psycopg.connect(raw(pair.orders_url), autocommit=True) as connection:
        connection.execute("CREATE TABLE claims (id int PRIMARY KEY)")
    through = Database(proxy.url, pool_size=1, application="test", attempt_limit_s=LIMIT_S)
    yield through
    await asyncio.wait_for(through.close(), PATIENT_S)


async def claim(connection: Connection) -> int:
    return (await connection.execute(sa.text(CLAIM))).rowcount


async def one(connection: Connection) -> int:
    return int((await connection.execute(sa.text("SELECT 1"))).scalar_one())


@pytest.mark.parametrize("when", ["before", "within"])
async def test_a_silent_server_is_unavailable_and_keeps_no_lane(
    database: Database, proxy: FreezingProxy, when: str
) -> None:
    assert await database.transact(one) == 1  # the pool has a connection now

    async def work(connection: Connection) -> int:
        if when == "within":
            proxy.freeze()
        return await claim(connection)

    if when == "before":
        proxy.freeze()
    with pytest.raises(PayonceError) as caught:
        await asyncio.wait_for(database.transact(work), PATIENT_S)
    assert caught.value.reason == Reason.DATABASE_UNAVAILABLE
    with pytest.raises(PayonceError) as caught:
        await asyncio.wait_for(database.read(one), PATIENT_S)
    assert caught.value.reason == Reason.DATABASE_UNAVAILABLE
    proxy.thaw()
    assert await asyncio.wait_for(database.transact(one), PATIENT_S) == 1


async def test_a_commit_without_an_answer_is_asked_again(pair: Pair, database: Database, proxy: FreezingProxy) -> None:
    claimed = []

    async def work(connection: Connection) -> None:
        claimed.append(await claim(connection))
        if len(claimed) == 1:
            proxy.freeze_replies()  # the COMMIT arrives; nobody hears of it

    await asyncio.wait_for(database.transact(work), PATIENT_S)
    assert claimed == [1, 0], "the second attempt finds what the first one did"
    assert rows(pair.orders_url, "SELECT count(*) FROM claims") == [(1,)]


async def test_closing_does_not_wait_for_a_silent_server(database: Database, proxy: FreezingProxy) -> None:
    begun = asyncio.Event()

    async def work(connection: Connection) -> int:
        proxy.freeze()
        begun.set()
        return await claim(connection)

    hanging = asyncio.ensure_future(database.transact(work))
    await begun.wait()
    await asyncio.wait_for(database.close(), PATIENT_S)
    with pytest.raises((PayonceError, asyncio.CancelledError)):
        await hanging


async def test_it_answers_unless_it_is_silent(database: Database, proxy: FreezingProxy) -> None:
    assert await database.answers(within_s=PATIENT_S)
    proxy.freeze()
    assert not await asyncio.wait_for(database.answers(within_s=LIMIT_S), PATIENT_S)
    proxy.thaw()
    assert await database.answers(within_s=PATIENT_S)


async def test_it_answers_while_its_pool_is_busy(database: Database) -> None:
    """Busy is not down."""
    busy, done = asyncio.Event(), asyncio.Event()

    async def work(connection: Connection) -> int:
        busy.set()
        await done.wait()
        return await one(connection)

    working = asyncio.ensure_future(database.transact(work))
    await busy.wait()
    assert await database.answers(within_s=PATIENT_S)
    done.set()
    await asyncio.gather(working, return_exceptions=True)  # held longer than an attempt may take on a slow machine


async def test_what_could_not_connect_leaves_no_socket_behind() -> None:
    """In a process that does little the garbage collector hardly ever comes by itself."""
    left: asyncio.Queue[bytes] = asyncio.Queue()

    async def never_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left.put_nowait(await reader.read())  # until the other end is closed
        writer.close()

    server = await asyncio.start_server(never_answers, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    url = f"postgresql+psycopg://nobody@127.0.0.1:{port}/nothing"
    database = Database(url, pool_size=1, application="test", attempt_limit_s=LIMIT_S)
    gc.collect()
    gc.disable()
    try:
        assert not await database.answers(within_s=LIMIT_S)  # it tries twice
        for _ in range(2):
            await asyncio.wait_for(left.get(), PATIENT_S)
    finally:
        gc.enable()
        server.close()
        await database.close()
