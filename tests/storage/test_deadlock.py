"""A deadlock is PostgreSQL's to detect and ours to try again."""

import asyncio

import sqlalchemy as sa

from shared.database import Connection, Database
from tests.harness.postgres import Pair, rows

ROWS = """INSERT INTO accounts (account_id, owner_id, kind, currency)
          VALUES ('a', 'a', 'merchant', 'EUR'), ('b', 'b', 'merchant', 'EUR') RETURNING account_id"""
ADD = sa.text("UPDATE accounts SET balance_minor = balance_minor + 1 WHERE account_id = :id")


class Crosswise:
    """Locks one row, waits until the other transaction has its own, and wants that one. The first time, that is."""

    def __init__(self, first: str, second: str, both: asyncio.Barrier) -> None:
        self.ids = (first, second)
        self.both = both
        self.runs = 0

    async def __call__(self, connection: Connection) -> None:
        self.runs += 1
        await connection.execute(ADD, {"id": self.ids[0]})
        if self.runs == 1:
            await self.both.wait()
        await connection.execute(ADD, {"id": self.ids[1]})


async def test_a_deadlock_is_tried_again_and_both_succeed(pair: Pair) -> None:
    rows(pair.payments_url, ROWS)
    database = Database(pair.payments_url, pool_size=2, application="test")
    both = asyncio.Barrier(2)
    works = [Crosswise("a", "b", both), Crosswise("b", "a", both)]
    await asyncio.gather(*(database.transact(work) for work in works))
    await database.close()
    assert sorted(work.runs for work in works) == [1, 2]
    assert rows(pair.payments_url, "SELECT balance_minor FROM accounts") == [(2,), (2,)]
