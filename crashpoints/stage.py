"""Where a crash plays: two databases of its own, an order_service, and payment_services that come and go."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Sequence
from typing import Any

import psycopg

from crashpoints.check import within
from crashpoints.points import ORDER, PAYMENT
from crashpoints.processes import Served
from tests.crashes.stage import MAKE_DUE, OPEN
from tests.crashes.ways import FACTS, ORDER_STATUS, Case, Facts, facts_from
from tests.harness.audit import UNFINISHED, violations
from tests.harness.postgres import Postgres, raw
from tests.harness.stubs import Stubs

ANY_PORT = "127.0.0.1:0"
ENDS_WITHIN_S = 30.0
POLL_S = 0.03  # there is no event for what another process does to a database
Connection = psycopg.AsyncConnection[tuple[Any, ...]]


class Stage:
    """One play at a time. `order` listens at the same address however often it is started again."""

    order: Served
    stubs: Stubs  # to services that live, while something is prepared

    def __init__(self, postgres: Postgres, log: str) -> None:
        self.pair = postgres.pair()
        self.played = 0
        self._log = log
        self._numbers = itertools.count(1)

    def number(self) -> int:
        """For ids that nobody else on this stage has."""
        return next(self._numbers)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["Stage"]:
        """With an order_service that lives."""
        async with (
            _connected(self.pair.orders_url) as self._orders,
            _connected(self.pair.payments_url) as self._payments,
        ):
            self.order = await self._start_order(ANY_PORT, "")
            try:
                yield self
            finally:
                await self.order.kill()

    async def restart_order(self, failpoint: str = "") -> Served:
        """Kill it if it still lives, start it again at its address."""
        await self.order.kill()
        self.order = await self._start_order(self.order.address, failpoint)
        return self.order

    @contextlib.asynccontextmanager
    async def payment(self, failpoint: str = "") -> AsyncIterator[Served]:
        """A payment_service that was started just now."""
        env = {
            "PAYMENT_DATABASE_URL": self.pair.payments_login,
            "PAYMENT_LISTEN": ANY_PORT,
            "PAYMENT_ORDER_SERVICE": self.order.address,
            "PAYONCE_FAILPOINT": failpoint,
        }
        served = await Served.start(PAYMENT, env, self._log)
        try:
            yield served
        finally:
            await served.kill()

    @contextlib.asynccontextmanager
    async def living(self) -> AsyncIterator[Stubs]:
        """Stubs to a payment_service without a failpoint, and to the order_service there is."""
        async with self.payment() as served, Stubs(self.order.address, served.address) as stubs:
            yield stubs

    async def sessions_ended(self, service: str) -> None:
        """Until PostgreSQL has ended what a killed process had open: only then is it known what was committed."""
        connection = self._orders if service == ORDER else self._payments
        left = await _rows(connection, OPEN)
        async with within(ENDS_WITHIN_S, "PostgreSQL does not notice the crash"):
            while left := left & await _rows(connection, OPEN):
                await asyncio.sleep(POLL_S)

    async def make_due(self) -> None:
        """Nobody is at work any more: the next completer need not wait."""
        for update in MAKE_DUE:
            await self._payments.execute(update.encode())

    async def at_rest(self) -> None:
        """Until nothing is unfinished (I16)."""
        async with within(ENDS_WITHIN_S, "I16: not everything is finished"):
            while await _rows(self._payments, UNFINISHED) != {(0,)}:
                await asyncio.sleep(POLL_S)

    async def facts(self, cases: Sequence[Case]) -> list[Facts]:
        """How things stand."""
        return [await self._facts(case) for case in cases]

    async def _facts(self, case: Case) -> Facts:
        found = await self._payments.execute(FACTS.encode(), [case.payer, case.payee])
        order = await self._orders.execute(ORDER_STATUS.encode(), [case.order_id])
        return facts_from(await found.fetchall(), await order.fetchall())

    async def audit(self) -> dict[str, list[str]]:
        """What `payonce verify` finds, when nothing may be unfinished any more."""
        return await asyncio.to_thread(violations, self.pair, overdue_s=0)

    async def _start_order(self, listen: str, failpoint: str) -> Served:
        env = {"ORDER_DATABASE_URL": self.pair.orders_login, "ORDER_LISTEN": listen, "PAYONCE_FAILPOINT": failpoint}
        return await Served.start(ORDER, env, self._log)


@contextlib.asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Connection]:
    async with await psycopg.AsyncConnection.connect(raw(url), autocommit=True) as connection:
        yield connection


async def _rows(connection: Connection, query: str) -> set[tuple[Any, ...]]:
    return set(await (await connection.execute(query.encode())).fetchall())
