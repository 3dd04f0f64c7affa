"""Sessions of somebody else on the same PostgreSQL: they hold locks, or connections."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence

import psycopg

Session = psycopg.AsyncConnection[tuple[object, ...]]
ENOUGH = 400  # far more than PostgreSQL has


class Guests:
    """`urls` are straight to the server, by the name of the database. A crash of the server ends every visit."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._urls = urls
        self._locking: asyncio.Task[None] | None = None
        self._sessions: list[Session] = []

    async def lock(self, database: str, statements: Sequence[str]) -> None:
        """Take locks one after the other, and keep them until `unlock`. It may have to wait for each."""
        self._locking = asyncio.create_task(self._lock(self._urls[database], statements))

    async def unlock(self) -> None:
        """Give them back."""
        if self._locking is not None:
            self._locking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._locking
            self._locking = None

    async def take_all(self) -> None:
        """Connect until PostgreSQL has no more."""
        for _ in range(ENOUGH):
            try:
                session = await psycopg.AsyncConnection.connect(self._urls["payments"], connect_timeout=2)
            except psycopg.OperationalError:
                return
            self._sessions.append(session)

    async def leave(self) -> None:
        """Let go of them."""
        sessions, self._sessions = self._sessions, []
        for session in sessions:
            await session.close()

    async def _lock(self, url: str, statements: Sequence[str]) -> None:
        # The server may go down meanwhile, or call it a deadlock: then there is nothing left to hold.
        with contextlib.suppress(psycopg.OperationalError):
            async with await psycopg.AsyncConnection.connect(url, connect_timeout=2) as session:
                for statement in statements:
                    await session.execute(statement.encode())
                await asyncio.Event().wait()
