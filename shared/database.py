"""The one place where a transaction begins and ends."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from shared.errors import PayonceError, Reason, contended, overloaded
from shared.failpoints import failpoint, failpoint_during

T = TypeVar("T")
Connection = AsyncConnection

ATTEMPTS = 5
PATIENCE_S = 3.0  # no further attempt is begun after this
# Sent with the connection. A process that stops in mid-transaction (SIGSTOP, a lost machine) must not hold rows for
# long: its session ends, and others give up waiting before their callers do.
SESSION = {
    "lock_timeout": "1s",
    "statement_timeout": "10s",
    "idle_in_transaction_session_timeout": "5s",
    "default_transaction_isolation": "read\\ committed",
    "timezone": "UTC",
}
SERIALIZATION_FAILURE = "40001"
DEADLOCK_DETECTED = "40P01"
LOCK_NOT_AVAILABLE = "55P03"
# Classes of SQLSTATE that speak of the server, not of the statement: connection, resources, operator, system.
SERVER_TROUBLE = ("08", "53", "57", "58", "25P03", "25006")

log = structlog.get_logger()


class ContendedError(Exception):
    """A lock did not come free in time. One item's trouble: the batch is split and tried again."""


class Database:
    """A pool of connections to one PostgreSQL database."""

    def __init__(self, url: str, *, pool_size: int, application: str) -> None:
        options = " ".join(f"-c {name}={value}" for name, value in SESSION.items())
        self._engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=5,
            hide_parameters=True,  # else an error's text carries the values
            connect_args={"options": options, "application_name": application, "connect_timeout": 5},
        )
        self._autocommit = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._transactions: set[asyncio.Task[Any]] = set()

    async def transact(self, work: Callable[[Connection], Awaitable[T]], *, name: str = "") -> T:
        """Run `work` in one transaction and commit it; the whole again after a deadlock or a broken connection.

        `name` tells its failpoints from those of other transactions.

        A COMMIT whose connection breaks is unknown, not failed. Running it again is right even when it did commit,
        because every transaction here begins with a claim: the second run finds the first one's claim and reads it.

        Raises ContendedError when a lock did not come free in time; PayonceError DATABASE_UNAVAILABLE,
        DATABASE_CONTENTION or OVERLOADED (no connection free) when the attempts are used up.
        """
        # A task of its own: a caller's cancel or deadline is thrown into the handler, and must not hit a COMMIT.
        task = asyncio.create_task(self._attempt(lambda: self._once(work, name)))
        self._transactions.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    async def read(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Run statements that only read, each on a snapshot of its own. Raises as `transact` does."""

        async def once() -> T:
            async with self._autocommit.connect() as connection:
                return await work(connection)

        return await self._attempt(once)

    async def close(self) -> None:
        """Finish the transactions under way, then close every connection."""
        while self._transactions:
            await asyncio.wait(self._transactions)
        await self._engine.dispose()

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._transactions.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.debug("transaction.failed", kind=type(error).__name__)  # its caller, if still there, was told

    async def _once(self, work: Callable[[Connection], Awaitable[T]], name: str) -> T:
        async with self._engine.connect() as connection, connection.begin() as transaction:
            failpoint(f"begun:{name}")
            result = await work(connection)
            await failpoint_during(f"commit_sent:{name}", transaction.commit())
            failpoint(f"committed:{name}")
            return result

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
                log.warning("database.again", attempt=attempt, sqlstate=_sqlstate(error), kind=type(error).__name__)
            # Jitter keeps two transactions that met once from meeting again.
            await asyncio.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311
        raise AssertionError("unreachable")


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
