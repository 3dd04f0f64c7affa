"""A rude operator: orders that are paid for vanish, past every guard, and are put back at the end."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

PAID_FOR = "SELECT substr(subject, 7) FROM unconfirmed WHERE starts_with(subject, 'order:')"
TAKE = """
    DELETE FROM orders WHERE status = 'unpaid' AND order_id IN (
           SELECT order_id FROM orders WHERE status = 'unpaid' AND order_id = ANY (%s) LIMIT %s)
 RETURNING order_id, to_jsonb(orders)
"""
# Who created it again meanwhile, with the same id, has put it back already.
PUT_BACK = "INSERT INTO orders SELECT * FROM jsonb_populate_record(NULL::orders, %s) ON CONFLICT DO NOTHING"
LOST = "SELECT id FROM unnest(%s::text[]) AS id WHERE id NOT IN (SELECT order_id FROM orders WHERE order_id = ANY (%s))"
PAST_GUARDS = "-c session_replication_role=replica"
EVERY_S = 0.01


class Operator:
    """`urls` are straight to the server, by the name of the database."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._urls = urls
        self._taken: dict[str, Any] = {}  # whole rows, by order_id
        self._taking: asyncio.Task[None] | None = None

    def begin(self, orders: int) -> None:
        """From now on take away orders that are not flipped yet and whose payment has moved money: so many at most."""
        self._taking = asyncio.create_task(self._take(orders))

    async def end(self) -> None:
        """Take no more."""
        if self._taking is not None:
            self._taking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._taking
            self._taking = None

    @property
    def taken(self) -> frozenset[str]:
        """Whatever was ever taken away; some of it may not have been, in the end."""
        return frozenset(self._taken)

    async def lost(self) -> set[str]:
        """Those that were taken and are not there."""
        if not self._taken:
            return set()
        async with await psycopg.AsyncConnection.connect(self._urls["orders"]) as orders:
            rows = await (await orders.execute(LOST, [list(self._taken), list(self._taken)])).fetchall()
        return {row[0] for row in rows}

    async def put_back(self) -> None:
        """As they were."""
        async with await psycopg.AsyncConnection.connect(self._urls["orders"], options=PAST_GUARDS) as orders:
            for row in self._taken.values():
                await orders.execute(PUT_BACK, [Jsonb(row)])

    async def _take(self, most: int) -> None:
        while most > 0:
            # The server may be down, or somebody keeps a lock for long.
            with contextlib.suppress(psycopg.OperationalError):
                most -= await self._take_some(most)
            await asyncio.sleep(EVERY_S)

    async def _take_some(self, most: int) -> int:
        connect = psycopg.AsyncConnection.connect
        async with (
            await connect(self._urls["payments"], autocommit=True, connect_timeout=2) as payments,
            await connect(self._urls["orders"], options=PAST_GUARDS, connect_timeout=2) as orders,
        ):
            while True:
                paid_for = [row[0] for row in await (await payments.execute(PAID_FOR)).fetchall()]
                rows = await (await orders.execute(TAKE, [paid_for, most])).fetchall()
                # Kept before it is committed: a crash may leave open whether it was.
                self._taken.update(rows)
                await orders.commit()
                if rows:
                    return len(rows)
                await asyncio.sleep(EVERY_S)
