"""A server that goes silent: every wait for it ends, what it did is asked again, and the pool is whole afterwards."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from shared.database import Connection, Database
from shared.errors import PayonceError, Reason
from tests.harness.postgres import Pair, raw, rows

LIMIT_S = 0.5  # of one attempt
PATIENT_S = 30.0  # nothing here may take as long; without a bound it takes for ever
CLAIM = "INSERT INTO claims VALUES (1) ON CONFLICT DO NOTHING"


class FreezingProxy:
    """A TCP proxy that falls silent without a word: a machine that lost its power, a network that drops everything."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self._thawed = asyncio.Event()  # as the connections accepted from now on see it
        self._thawed.set()
        self._silences: list[asyncio.Event] = []
        self.port = 0

    def freeze_replies(self) -> None:
        """What the server says on the connections there are is lost; new ones are well."""
        for silence in self._silences:
            silence.set()
        self._silences.clear()

    def freeze(self) -> None:
        """The same, and on new connections nobody is at home."""
        self.freeze_replies()
        self._thawed.clear()

    def thaw(self) -> None:
        """New connections are well again."""
        self._thawed.set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        assert self._server
        self._server.close()
        for writer in self._writers:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        if not self._thawed.is_set():
            return  # accepted, as the kernel of a stopped process does; never answered
        silence = asyncio.Event()
        self._silences.append(silence)
        onward, back = await asyncio.open_unix_connection(self._target)
        self._writers.append(back)
        await asyncio.gather(pump(reader, back, asyncio.Event()), pump(onward, writer, silence))


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, silence: asyncio.Event) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            if not silence.is_set():
                writer.write(data)
        if not silence.is_set():
            writer.close()


@pytest.fixture
async def proxy(pair: Pair) -> AsyncIterator[FreezingProxy]:
    folder = make_url(pair.orders_url).query["host"]
    between = FreezingProxy(f"{folder}/.s.PGSQL.5432")
    await between.start()
    yield between
    between.close()


@pytest.fixture
async def database(pair: Pair, proxy: FreezingProxy) -> AsyncIterator[Database]:
    """One connection: whoever does not give it back is noticed."""
    with psycopg.connect(raw(pair.orders_url), autocommit=True) as connection:
        connection.execute("CREATE TABLE claims (id int PRIMARY KEY)")
    url = make_url(pair.orders_url).set(host="127.0.0.1", port=proxy.port, query={})
    through = Database(
        url.render_as_string(hide_password=False), pool_size=1, application="test", attempt_limit_s=LIMIT_S
    )
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
