"""Two connections to one database, real or simulated, driven statement by statement from one place."""

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, NoResultFound
from sqlalchemy.ext.asyncio import AsyncConnection

import simulation.storage
from shared.database import Database
from simulation.chance import Chance
from simulation.install import storage_functions
from simulation.schema import order_tables, payment_tables
from simulation.tables import Server, Transaction
from simulation.world import NONE, World
from tests.harness.postgres import raw

Call: TypeAlias = Callable[[dict[str, Any], Any], Awaitable[Any]]  # a statement, on these rooms and a connection
BLOCKED = "blocked"
LEASED = {"payment_service": ("unconfirmed", "corrections"), "order_service": ()}
# Leases last a second or two, and a busy machine takes longer for a few statements: on both sides time stands still.
STILL = """
    CREATE SCHEMA still;
    CREATE FUNCTION still.now() RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$ SELECT timestamptz '{now}' $$;
    ALTER DATABASE {database} SET search_path = still, pg_catalog, public;
"""
FIRST_DUE = "ALTER TABLE {table} ALTER COLUMN check_at SET DEFAULT still.now() + interval '2 seconds'"
WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = %s"


def plain(value: Any) -> Any:
    """Without what must differ: a time is a time."""
    if isinstance(value, datetime):
        return "time"
    if isinstance(value, Mapping):
        return {repr(plain(key)): plain(one) for key, one in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(repr, value))
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    return value


class Real:
    """On PostgreSQL, by the services' own storage rooms."""

    def __init__(self, runner: asyncio.Runner, url: str, package: str) -> None:
        self._runner = runner
        self._url = url
        self._rooms = rooms_of(package)
        self._database = Database(url, pool_size=2, application="test")
        self._leased = LEASED[package]
        self._stand_still()
        self._watch = psycopg.connect(raw(url), autocommit=True)
        self._connections: list[AsyncConnection | None] = [None, None]
        self._tasks: list[asyncio.Task[Any] | None] = [None, None]

    def _stand_still(self) -> None:
        """For connections that are made from now on."""
        with psycopg.connect(raw(self._url), autocommit=True) as connection:
            found = connection.execute("SELECT now(), current_database()").fetchone()
            assert found
            connection.execute(STILL.format(now=found[0], database=found[1]).encode())
            for table in self._leased:
                connection.execute(FIRST_DUE.format(table=table).encode())

    def empty(self) -> None:
        """No rows, sequences from one; past the guards, which a superuser may."""
        names = ", ".join(name for (name,) in self._watch.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND relname NOT IN ('alembic_version', 'seal_heads')"
        ))  # fmt: skip
        self._watch.execute(f"SET session_replication_role = replica; TRUNCATE {names} RESTART IDENTITY".encode())

    def now(self) -> datetime:
        """In a transaction of its own, as the statements have it."""

        async def ask(connection: AsyncConnection) -> datetime:
            return (await connection.execute(sa.text("SELECT now()"))).scalar_one()  # type: ignore[no-any-return]

        return self._runner.run(self._database.transact(ask))

    def make_due(self) -> None:
        for table in self._leased:
            query = f"UPDATE {table} SET check_at = check_at - interval '1 day'"
            self._watch.execute(f"SET session_replication_role = replica; {query}".encode())

    def begin(self, who: int, call: Call) -> Any:
        return self._runner.run(self._begin(who, call))

    def end(self, who: int, *, commit: bool) -> None:
        self._runner.run(self._end(who, commit=commit))

    def result(self, who: int) -> Any:
        """Of the statement that was blocked."""
        return self._runner.run(self._result(who))

    def rows(self, table: str, columns: list[str]) -> list[Any]:
        found = self._watch.execute(f"SELECT {', '.join(columns)} FROM {table}".encode()).fetchall()
        return sorted(map(repr, map(plain, found)))

    def close(self) -> None:
        self._watch.close()
        self._runner.run(self._database.close())

    async def _begin(self, who: int, call: Call) -> Any:
        connection = self._connections[who]
        if connection is None:
            connection = self._connections[who] = await self._database._engine.connect()
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        backend = driver.info.backend_pid
        task = self._tasks[who] = asyncio.create_task(made(call, self._rooms, connection))
        while not task.done():
            done, _ = await asyncio.wait([task], timeout=0.005)
            if not done and self._watch.execute(WAITS, [backend]).fetchone() != (0,):
                return BLOCKED
        return await self._result(who)

    async def _result(self, who: int) -> Any:
        task, connection = self._tasks[who], self._connections[who]
        assert task
        assert connection
        result = await task
        if isinstance(result, str):
            await self._end(who, commit=False)
        return result

    async def _end(self, who: int, *, commit: bool) -> None:
        connection, self._connections[who] = self._connections[who], None
        if connection:
            await (connection.commit() if commit else connection.rollback())
            await connection.close()


class Simulated:
    """In memory, by the simulation's."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._rooms = {
            name: _Bare(importlib.import_module(f"{simulation.storage.__name__}.{name}")) for name in rooms_of(package)
        }
        self.empty()

    def empty(self) -> None:
        self._world = World(Chance(0), NONE)
        tables = order_tables() if self._package == "order_service" else payment_tables()
        self._server = Server(self._world, tables)
        self._transactions: list[Transaction | None] = [None, None]
        self._tasks: list[asyncio.Task[Any] | None] = [None, None]

    def make_due(self) -> None:
        for table in LEASED[self._package]:
            for row in self._server.tables[table].rows.values():
                assert row.committed
                row.committed = {**row.committed, "check_at": row.committed["check_at"].replace(year=2020)}

    def begin(self, who: int, call: Call) -> Any:
        return self._world.loop.run(lambda: self._begin(who, call))

    def end(self, who: int, *, commit: bool) -> None:
        self._world.loop.run(lambda: self._end(who, commit=commit))

    def result(self, who: int) -> Any:
        task = self._tasks[who]
        if task is None or not task.done():
            return BLOCKED
        if isinstance(task.result(), str):
            self.end(who, commit=False)
        return task.result()

    def rows(self, table: str, columns: list[str]) -> list[Any]:
        found = self._server.tables[table].committed()
        return sorted(repr(plain([row[column] for column in columns])) for row in found)

    def columns(self) -> dict[str, list[str]]:
        """Of each table that has rows, all of them."""
        tables = self._server.tables
        return {name: list(found[0]) for name, table in tables.items() if (found := table.committed())}

    def tables(self) -> list[str]:
        return list(self._server.tables)

    def _begin(self, who: int, call: Call) -> Any:
        self._world.loop.pass_time(0.001)
        transaction = self._transactions[who]
        if transaction is None:
            transaction = self._transactions[who] = Transaction(self._server, f"connection {who}")
            self._server.opened(transaction)
        self._tasks[who] = self._world.loop.create_task(made(call, self._rooms, transaction))
        self._world.loop.settle()
        return self.result(who)

    def _end(self, who: int, *, commit: bool) -> None:
        transaction, self._transactions[who] = self._transactions[who], None
        if transaction:
            transaction.end(commit=commit)
        while self._world.events:
            self._world.events.pop(0).happen()
            self._world.loop.settle()


class _Bare:
    """The functions of a simulated room without the connection around them."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name).__wrapped__


def rooms_of(package: str) -> dict[str, Any]:
    """The storage rooms of a service that have statements which are simulated."""
    rooms = {real.__name__.rpartition(".")[2]: real for real, _, _ in storage_functions()}
    return {name: room for name, room in sorted(rooms.items()) if room.__name__.startswith(f"{package}.")}


async def made(call: Call, rooms: dict[str, Any], connection: Any) -> Any:
    """Its result; or, as a text, that it was refused."""
    try:
        return plain(await call(rooms, connection))
    except DBAPIError as error:
        return f"refused: {type(error).__name__}"
    except (NoResultFound, AssertionError):
        return "nothing there"
