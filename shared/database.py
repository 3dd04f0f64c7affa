"""The one place where a transaction begins and ends."""

import asyncio
import contextlib
import gc
import os
import random
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import psycopg
import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from shared.errors import PayonceError, Reason, contended, overloaded
from shared.failpoints import failpoint, failpoint_during
from shared.hurry import HURRIED
from shared.telemetry.metrics import DATABASE_AGAIN
from shared.telemetry.transactions import observed

T = TypeVar("T")
Connection = AsyncConnection

ATTEMPTS = 5
PATIENCE_S = 3.0  # no further attempt is begun after this
# Every timeout below is the server's, and a server that has gone silent keeps none of them.
ATTEMPT_LIMIT_S = 12.0  # above statement_timeout
TCP = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # ms
    "connect_timeout": 5,
}
# Sent with the connection. A process that stops in mid-transaction (SIGSTOP, a lost machine) must not hold rows for
# long: its session ends, and others give up waiting before their callers do; but not before PostgreSQL has looked for
# a deadlock (after 1 s), since that can be mended by trying again.
SESSION = {
    "lock_timeout": "2s",
    "statement_timeout": "10s",
    "idle_in_transaction_session_timeout": "5s",
    "default_transaction_isolation": "read\\ committed",
    "timezone": "UTC",
}
# Of those in a hurry: a batch of 256 with one that is stuck is halved eight times, within a second. Longer than any
# transaction that gets on holds its rows; a deadlock ends by it, too.
HURRY = sa.text("SET LOCAL lock_timeout = '100ms'")
SERIALIZATION_FAILURE = "40001"
DEADLOCK_DETECTED = "40P01"
LOCK_NOT_AVAILABLE = "55P03"
# Classes of SQLSTATE that speak of the server, not of the statement: connection, resources, operator, system.
SERVER_TROUBLE = ("08", "53", "57", "58", "25P03", "25006")

SWEEP_S = 2.0
_sweep: asyncio.TimerHandle | None = None

log = structlog.get_logger()


class ContendedError(Exception):
    """A lock did not come free in time. One item's trouble: the batch is split and tried again."""


class Database:
    """A pool of connections to one PostgreSQL database."""

    def __init__(self, url: str, *, pool_size: int, application: str, attempt_limit_s: float = ATTEMPT_LIMIT_S) -> None:
        self._attempt_limit_s = attempt_limit_s
        self._engine = _engine(url, pool_size=pool_size, application=application)
        self._pings = _engine(url, pool_size=1, application=application)
        self._autocommit = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._transactions: set[asyncio.Task[Any]] = set()

    async def transact(self, work: Callable[[Connection], Awaitable[T]], *, name: str = "") -> T:
        """Run `work` in one transaction and commit it; the whole again after a deadlock or a broken connection.

        `name` tells its failpoints from those of other transactions.

        A COMMIT whose connection breaks, or goes silent, is unknown, not failed. Running it again is right even when it
        did commit, because every transaction here begins with a claim: the second run finds the first one's claim.

        Raises ContendedError when a lock did not come free in time; PayonceError DATABASE_UNAVAILABLE,
        DATABASE_CONTENTION or OVERLOADED (no connection free) when the attempts are used up.
        """
        return await self._shielded(observed(self._attempt(lambda: self._once(work, name)), work, name))

    async def autocommit(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Run statements that are each a transaction of their own, one of them a change. Raises as `transact` does.

        As with `transact`, a change may have happened although its answer was lost, and is then made again.
        """
        return await self._shielded(observed(self._attempt(lambda: self._each(work)), work))

    async def read(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Run statements that only read, each on a snapshot of its own. Raises as `transact` does.

        A caller who leaves takes his place in the queue with him.
        """
        return await observed(self._attempt(lambda: self._each(work)), work)

    async def answers(self, *, within_s: float) -> bool:
        """Whether it can be reached and used now; `within_s` bounds each of two tries.

        Asked on a connection of its own, so that a busy pool is not taken for a database that is down.
        """
        for _ in range(2):  # the first try may find a connection that broke while nobody looked
            try:
                async with _connected(self._pings, within_s) as connection:
                    await connection.execute(sa.text("SELECT 1"))
            except (DBAPIError, OSError) as error:
                log.debug("database.no_answer", sqlstate=_sqlstate(error), kind=type(error).__name__)
            else:
                return True
        return False

    def connections(self) -> tuple[int, int]:
        """How many connections are in use, and how many there may be."""
        pool: Any = self._engine.pool
        return pool.checkedout(), pool.size()

    async def close(self) -> None:
        """Finish the transactions under way, then close every connection. It takes no longer than they may."""
        until = time.monotonic() + PATIENCE_S + self._attempt_limit_s
        while self._transactions and (left_s := until - time.monotonic()) > 0:
            await asyncio.wait(self._transactions, timeout=left_s)
        for transaction in self._transactions:
            transaction.cancel()
        await self._engine.dispose()
        await self._pings.dispose()

    async def _shielded(self, run: Coroutine[Any, Any, T]) -> T:
        # A task of its own: a caller's cancel or deadline is thrown into the handler, and must not hit a COMMIT.
        task = asyncio.create_task(run)
        self._transactions.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._transactions.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.debug("transaction.failed", kind=type(error).__name__)  # its caller, if still there, was told

    async def _once(self, work: Callable[[Connection], Awaitable[T]], name: str) -> T:
        async with (
            _connected(self._engine, self._attempt_limit_s) as connection,
            connection.begin() as transaction,
        ):
            failpoint(f"begun:{name}")
            if HURRIED.get():
                await connection.execute(HURRY)
            result = await work(connection)
            await failpoint_during(f"commit_sent:{name}", transaction.commit())
            failpoint(f"committed:{name}")
            return result

    async def _each(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        async with _connected(self._autocommit, self._attempt_limit_s) as connection:
            return await work(connection)

    async def _attempt(self, once: Callable[[], Awaitable[T]]) -> T:
        until = time.monotonic() + PATIENCE_S
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await once()
            except PoolTimeoutError:
                raise overloaded("No database connection is free") from None
            except (DBAPIError, OSError) as error:
                final = _translate(error)
                if attempt == ATTEMPTS or time.monotonic() > until:
                    raise final from error
                DATABASE_AGAIN.labels(_sqlstate(error)).inc()
                log.warning("database.again", attempt=attempt, sqlstate=_sqlstate(error), kind=type(error).__name__)
            # Jitter keeps two transactions that met once from meeting again.
            await asyncio.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311
        raise AssertionError("unreachable")


def _engine(url: str, *, pool_size: int, application: str) -> AsyncEngine:
    options = " ".join(f"-c {name}={value}" for name, value in SESSION.items())
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        hide_parameters=True,  # else an error's text carries the values
        connect_args={"options": options, "application_name": application, **TCP},
    )


@contextlib.asynccontextmanager
async def _connected(engine: AsyncEngine, limit_s: float) -> AsyncIterator[Connection]:
    """A connection of the pool, for `limit_s` at most: then it is cut, and who waits for it gets a lost connection."""
    loop = asyncio.get_running_loop()
    until = loop.time() + limit_s
    cutting: asyncio.TimerHandle | None = None
    try:
        async with contextlib.AsyncExitStack() as stack:
            try:
                async with asyncio.timeout_at(until):
                    connection = await stack.enter_async_context(engine.connect())
                    driver = (await connection.get_raw_connection()).driver_connection
            except BaseException:
                _sweep_soon(loop)
                raise
            cutting = loop.call_at(until, _cut, driver)
            yield connection  # giving it back may wait for the server too: a rollback
    finally:
        if cutting:
            cutting.cancel()


def _sweep_soon(loop: asyncio.AbstractEventLoop) -> None:
    """Have the garbage of connections that could not be made collected, a moment after the last of them.

    The driver leaves it in a circle. Until it is found, which in a quiet process takes very long, its socket is open,
    and PostgreSQL may keep a session for it.
    """
    global _sweep  # noqa: PLW0603 - the collector is the process's, too
    if _sweep:
        _sweep.cancel()
    _sweep = loop.call_later(SWEEP_S, gc.collect)


def _cut(driver: Any) -> None:
    """Shut the socket. Cancelling the task instead would have psycopg ask the silent server to cancel, and wait."""
    log.warning("database.silent")
    with contextlib.suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(driver.pgconn.socket)) as wire:
        wire.shutdown(socket.SHUT_RDWR)


def _sqlstate(error: BaseException) -> str:
    return str(getattr(getattr(error, "orig", None), "sqlstate", None) or "")


def _translate(error: DBAPIError | OSError) -> PayonceError:
    """What the error means to a caller. What another attempt cannot mend is raised at once."""
    state = _sqlstate(error)
    if state == LOCK_NOT_AVAILABLE:
        raise ContendedError from error
    if state in (SERIALIZATION_FAILURE, DEADLOCK_DETECTED):
        return contended()
    lost = isinstance(error, OSError) or error.connection_invalidated
    refused = isinstance(error, OperationalError | InterfaceError) and not state  # no session, so no SQLSTATE
    if lost or refused or state.startswith(SERVER_TROUBLE):
        return PayonceError(Reason.DATABASE_UNAVAILABLE, "The database can't be reached now.", retry_after_s=1.0)
    raise error
