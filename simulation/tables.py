"""Tables in memory, as READ COMMITTED has them: row locks that wait, unique keys that wait, rollback, deadlocks.

A row is its last committed values, and those that the transaction which holds its lock has written. A statement sees
what was committed when it began and what its own transaction wrote. Who is to change a row that another transaction has
changed waits until that one ends, and looks again.
"""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn, TypeAlias

import psycopg.errors
from sqlalchemy.exc import IntegrityError, OperationalError

from simulation.loop import LIFE
from simulation.world import Event, World, done

LOCK_TIMEOUT_S = 2.0
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
Values: TypeAlias = dict[str, Any]
Guard: TypeAlias = Callable[["Transaction", Values | None, Values | None], str | None]
UNCHANGED: Values = {"unchanged": True}


class Row:
    """`committed` and `written` are None where there is no row; `earlier` is what its owner wrote before that."""

    __slots__ = ("committed", "earlier", "owner", "written")

    def __init__(self) -> None:
        self.committed: Values | None = None
        self.written: Values | None = UNCHANGED
        self.earlier: tuple[Values, ...] = ()
        self.owner: Transaction | None = None

    def seen_by(self, transaction: "Transaction") -> Values | None:
        """What a statement of this transaction sees."""
        return self.written if self.owner is transaction and self.written is not UNCHANGED else self.committed


class Table:
    """Rows by primary key. `guard` says what is wrong with a change, as CHECKs and triggers do."""

    def __init__(self, name: str, key: tuple[str, ...], guard: Guard | None = None) -> None:
        self.name = name
        self.key = key
        self.guard = guard
        self.rows: dict[tuple[Any, ...], Row] = {}

    def committed(self) -> list[Values]:
        """Every row, once nothing is under way."""
        return [row.committed for row in self.rows.values() if row.committed is not None]


class Server:
    """One database: its tables, its sequences, its clock."""

    def __init__(self, world: World, tables: dict[str, Table]) -> None:
        self.world = world
        self.tables = tables
        self.sequences: dict[str, int] = {}
        self._open: list[Transaction] = []

    def opened(self, transaction: "Transaction") -> None:
        """Remember it as long as it is under way."""
        self._open.append(transaction)

    def under_way(self) -> list["Transaction"]:
        """The transactions that have not ended."""
        self._open = [transaction for transaction in self._open if not transaction.ended]
        return self._open

    def next_of(self, sequence: str) -> int:
        """As PostgreSQL's: a rollback gives nothing back."""
        self.sequences[sequence] = self.sequences.get(sequence, 0) + 1
        return self.sequences[sequence]

    def now(self) -> datetime:
        """The database's clock."""
        return BEGINNING + timedelta(seconds=self.world.now())


class Transaction:
    """What one connection does between BEGIN and its end."""

    __slots__ = ("_touched", "ended", "life", "name", "noticed", "now", "server", "waiters", "waits_for")

    def __init__(self, server: Server, name: str = "") -> None:
        self.server = server
        self.name = name
        self.now = server.now()
        self.life = LIFE.get()
        self.ended = False
        self.noticed: set[str] = set()  # advisory locks: subjects that it claims
        self.waits_for: Transaction | None = None
        self.waiters: list[asyncio.Future[None]] = []
        self._touched: list[tuple[Table, tuple[Any, ...], Row]] = []

    def rows(self, table: str) -> Iterator[Values]:
        """Every row in sight."""
        for row in list(self.server.tables[table].rows.values()):
            values = row.seen_by(self)
            if values is not None:
                yield values

    def get(self, table: str, *key: Any) -> Values | None:
        """One row, if it is in sight."""
        row = self.server.tables[table].rows.get(key)
        return row.seen_by(self) if row else None

    def is_free(self, table: str, *key: Any) -> bool:
        """Whether its lock could be had at once."""
        row = self.server.tables[table].rows.get(key)
        return row is None or row.owner in (None, self)

    async def lock(self, table: str, *key: Any) -> Values | None:
        """Hold the row until the transaction ends; its newest values, None when it is gone."""
        where = self.server.tables[table]
        while True:
            row = where.rows.get(key)
            if row is None:
                return None
            if row.owner is None:
                row.owner = self
                self._touched.append((where, key, row))
            if row.owner is self:
                return row.seen_by(self)
            await self._wait(row.owner)

    def write(self, table: str, values: Values | None, *key: Any) -> None:
        """Change, or with None delete, a row that this transaction holds locked."""
        where = self.server.tables[table]
        row = where.rows[key]
        assert row.owner is self, f"{table} {key} is not locked"  # noqa: S101
        if where.guard and (wrong := where.guard(self, row.seen_by(self), values)):
            self.refuse(wrong)
        if row.written is not UNCHANGED and row.written is not None:
            row.earlier = (*row.earlier, row.written)
        row.written = values

    async def insert(
        self,
        table: str,
        values: Values,
        same: Callable[[Values], bool] | None = None,
        *,
        on_conflict_nothing: bool = False,
    ) -> bool:
        """Whether it went in. It does not where a row has its key, or is the `same` by another unique index."""
        where = self.server.tables[table]
        key = tuple(values[name] for name in where.key)
        while True:
            rival = self._rival(where, key, same)
            if rival is None:
                break
            if rival.owner in (None, self) or rival.written is UNCHANGED:
                if on_conflict_nothing:
                    return False
                self.refuse(f"duplicate key {key} of {table}")
            await self._wait(rival.owner)
        if where.guard and (wrong := where.guard(self, None, values)):
            self.refuse(wrong)
        row = where.rows.setdefault(key, Row())
        if row.owner is None:
            row.owner = self
            self._touched.append((where, key, row))
        row.written = values
        return True

    def _rival(self, where: Table, key: tuple[Any, ...], same: Callable[[Values], bool] | None) -> Row | None:
        """The row that keeps a new one out, or may do so when the transaction that writes it commits."""
        rows = where.rows.values() if same else filter(None, [where.rows.get(key)])
        for row in rows:
            mine = row.owner is self
            # Also one that its writer has deleted again: until that one ends, nobody knows.
            versions = (row.seen_by(self),) if mine else (row.committed, *row.earlier, row.written)
            for values in versions:
                if values is None or values is UNCHANGED:
                    continue
                if tuple(values[name] for name in where.key) == key or (same and same(values)):
                    return row
        return None

    async def _wait(self, other: "Transaction") -> None:
        """Until the other one ends; an error after lock_timeout, or when it waits, in the end, for this one."""
        ahead: Transaction | None = other
        while ahead is not None:
            if ahead is self:
                raise OperationalError("", None, psycopg.errors.DeadlockDetected())
            ahead = ahead.waits_for
        world = self.server.world
        turn = world.loop.create_future()
        self.waits_for = other
        other.waiters.append(turn)
        timer = world.loop.call_later(LOCK_TIMEOUT_S, _give_up, turn)
        world.tell(f"{self.name} waits for {other.name}")
        try:
            await turn
        finally:
            timer.cancel()
            self.waits_for = None

    def wrote(self) -> bool:
        """Whether it has changed anything."""
        return any(row.written is not UNCHANGED for _, _, row in self._touched)

    def refuse(self, wrong: str) -> NoReturn:
        """A constraint or a trigger says no."""
        raise IntegrityError(wrong, None, psycopg.errors.IntegrityError(wrong))

    def end(self, *, commit: bool) -> None:
        """Keep what was written, or none of it; whoever waits looks again."""
        if self.ended:
            return
        self.ended = True
        for where, key, row in self._touched:
            if commit and row.written is not UNCHANGED:
                row.committed = row.written
            row.written = UNCHANGED
            row.earlier = ()
            row.owner = None
            if row.committed is None:
                where.rows.pop(key, None)
        for turn in self.waiters:
            if not turn.done():
                self.server.world.add(Event(f"{self.name} ended: who waited looks again", _Wake(turn)))


class _Wake:
    __slots__ = ("turn",)

    def __init__(self, turn: asyncio.Future[None]) -> None:
        self.turn = turn

    def __call__(self) -> None:
        done(self.turn)


def _give_up(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_exception(OperationalError("", None, psycopg.errors.LockNotAvailable()))
