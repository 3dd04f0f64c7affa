"""shared.database.Database without a server: its own rules of trying again, on simulated connections."""

import functools
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from shared.database import Connection, Database
from simulation import stage
from simulation.loop import LIFE
from simulation.tables import Server, Transaction
from simulation.world import Event

T = TypeVar("T")
NOTHING = "COMMIT of nothing"


class SimulatedDatabase(Database):
    """Same attempts, same shielding, same meaning of errors; another way to a connection."""

    def __init__(self, url: str, **_: Any) -> None:
        # Not the parent's: there is no engine, and no pool.
        self._server = stage.here().servers[url]
        self._transactions = set()

    async def _once(self, work: Callable[[Connection], Awaitable[T]], name: str) -> T:
        session = Session(self._server, name or "transaction")
        try:
            result = await work(session)  # type: ignore[arg-type]
            await session.commit()
        except BaseException:
            session.end()
            raise
        return result

    async def _each(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        return await work(Session(self._server, "", autocommit=True))  # type: ignore[arg-type]


class Session:
    """A connection. Each statement is an event, and so is COMMIT; each may find the connection lost."""

    def __init__(self, server: Server, name: str, *, autocommit: bool = False) -> None:
        life = LIFE.get()
        self._server = server
        self._name = f"{life.name if life else '?'} {name}".rstrip()
        self._autocommit = autocommit
        self._transaction: Transaction | None = None

    async def run(self, name: str, body: Callable[..., Awaitable[T]], *args: Any, **values: Any) -> T:
        """One statement."""
        world = self._server.world
        await world.pause(f"{self._name}: {name}")
        if world.chance.hit("session", world.rates.session_lost):
            self._lose(f"{self._name}: connection lost before {name}")
        transaction = self._transaction
        if transaction is None:
            transaction = Transaction(self._server, self._name)
            if not self._autocommit:
                self._transaction = transaction
                self._server.opened(transaction)
        try:
            result = await body(transaction, *args, **values)
        except BaseException:
            transaction.end(commit=False)  # PostgreSQL lets go of everything at the first error
            raise
        if self._autocommit:
            transaction.end(commit=True)
            if world.chance.hit("answer", world.rates.commit_unanswered):
                self._lose(f"{self._name}: answer to {name} lost")
        return result

    async def commit(self) -> None:
        """COMMIT, and what may become of it: done; done, but not told; not done; done long after it was given up."""
        transaction, world = self._transaction, self._server.world
        if transaction is None:
            return
        rates = world.rates
        fate = world.chance.one_of("commit", (rates.commit_unanswered, rates.commit_lost, rates.commit_late))
        if fate == 2:  # noqa: PLR2004
            self._lose(f"{self._name}: connection lost before COMMIT")
        answer = world.loop.create_future()

        def happen() -> None:
            if not transaction.wrote():
                event.label = f"{self._name}: {NOTHING}"
            transaction.end(commit=True)
            if not answer.done():
                answer.set_result(None)

        event = Event(f"{self._name}: COMMIT", happen, LIFE.get(), _goes_on)
        world.add(event)
        if fate == 3:  # noqa: PLR2004
            self._transaction = None  # it still commits, some time
            self._lose(f"{self._name}: COMMIT without an answer so far")
        await answer
        if fate == 1:
            self._lose(f"{self._name}: answer to COMMIT lost")

    def end(self) -> None:
        """ROLLBACK, unless it is over."""
        if self._transaction:
            self._transaction.end(commit=False)

    def _lose(self, why: str) -> None:
        self._server.world.tell(why)
        self.end()
        raise ConnectionResetError(why)


def _goes_on(event: Event) -> bool:
    """A COMMIT that was sent by a process that died since: it may have reached the server, and happens some time."""
    event.of = None
    event.orphaned = None
    return not stage.here().world.chance.hit("orphan", 0.5)


def statement(body: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
    """A function of a storage room, on a simulated connection."""

    @functools.wraps(body)
    async def call(connection: Session, *args: Any, **values: Any) -> T:
        return await connection.run(body.__name__, body, *args, **values)

    return call
