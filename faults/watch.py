"""Reads the books while everything breaks: money is conserved at every moment, not just in the end (I3, I4, I5)."""

import asyncio
import time
from dataclasses import dataclass

import psycopg

from tests.harness.audit import UNFINISHED

INTERVAL_S = 0.25
# One statement: one moment.
CONSERVED = f"""
    SELECT (SELECT coalesce(sum(balance_minor), 0)::bigint FROM accounts),
           (SELECT coalesce(sum(amount_minor), 0)::bigint FROM entries),
           (SELECT count(*) FROM accounts
             WHERE kind = 'customer' AND (balance_minor < 0 OR held_minor < 0 OR balance_minor < held_minor)),
           (SELECT count(*) FROM accounts a
             WHERE balance_minor <> (SELECT coalesce(sum(amount_minor), 0) FROM entries e
                                      WHERE e.account_id = a.account_id)),
           ({UNFINISHED})
"""
# Authorizations that will be over in a moment: whoever audits right now may meet one.
EXPIRING = "SELECT count(*) FROM payments WHERE state = 'authorized' AND expires_at <= now() + interval '1 minute'"


@dataclass(frozen=True, slots=True)
class Sample:
    """What stood there at one moment. Everything but `unfinished` is zero, always."""

    at_s: float
    balances: int
    entries: int
    overdrawn: int
    wrong: int
    unfinished: int

    @property
    def broken(self) -> str:
        """What is wrong with it; empty when nothing is."""
        named = {
            "I4 all balances sum to": self.balances,
            "I3 all entries sum to": self.entries,
            "I5 overdrawn accounts:": self.overdrawn,
            "I4 accounts whose balance is not the sum of their entries:": self.wrong,
        }
        return "; ".join(f"{name} {value}" for name, value in named.items() if value)


class Watch:
    """A connection of its own, straight to the server, made anew whenever it breaks."""

    def __init__(self, url: str, began: float) -> None:
        self.samples: list[Sample] = []
        self.outages = 0
        self._url, self._began = url, began
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """From now on."""
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Until now. Raises what went wrong with the watching itself."""
        assert self._task is not None  # noqa: S101 - it was started
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if not self._task.cancelled() and (error := self._task.exception()):
            raise error

    async def look(self) -> Sample:
        """The present moment, on a fresh connection."""
        async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
            return await self._sample(connection)

    async def expiring(self) -> int:
        """How many authorizations are about to expire."""
        async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
            found = await (await connection.execute(EXPIRING)).fetchone()
        assert found is not None  # noqa: S101 - it is one row
        return int(found[0])

    async def _watch(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
                    while True:
                        await self._sample(connection)
                        await asyncio.sleep(INTERVAL_S)
            except psycopg.OperationalError:
                self.outages += 1  # the database is down: that is one of the faults
                await asyncio.sleep(INTERVAL_S)

    async def _sample(self, connection: psycopg.AsyncConnection[tuple[int, ...]]) -> Sample:
        row = await (await connection.execute(CONSERVED.encode())).fetchone()
        assert row is not None  # noqa: S101 - it is one row
        sample = Sample(time.monotonic() - self._began, *row)
        self.samples.append(sample)
        return sample
