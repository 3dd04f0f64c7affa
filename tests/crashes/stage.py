"""Where the crashes play: a pair of databases, its order_service, a payment_service that lives on, and the victims."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Callable

import psycopg

from tests.harness.line import Line
from tests.harness.postgres import Pair, Postgres, raw, rows
from tests.harness.services import Environment, Running, Services, services
from tests.harness.stubs import Stubs

OPEN = """SELECT pid, xact_start FROM pg_stat_activity
           WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"""


class Stage:
    """One play at a time. `stubs` speak to the payment_service that lives on; `line` is its way to the orders."""

    def __init__(self, both: Services, stubs: Stubs, line: Line) -> None:
        self.services = both
        self.stubs = stubs
        self.line = line
        self._numbers = itertools.count(1)

    @property
    def pair(self) -> Pair:
        return self.services.pair

    def number(self) -> int:
        """For ids that nobody else on this stage has."""
        return next(self._numbers)

    @contextlib.asynccontextmanager
    async def another(self, failpoint: str = "") -> AsyncIterator[Running]:
        """One more payment_service, which may not be listening yet; it is to die at the failpoint, if one is given."""
        env = {
            "PAYMENT_DATABASE_URL": self.pair.payments_login,
            "PAYMENT_LISTEN": "127.0.0.1:0",
            "PAYMENT_ORDER_SERVICE": self.services.order.address,
            "PAYONCE_FAILPOINT": failpoint,
        }
        running = await Running.launch("payment_service", env)
        try:
            yield running
        finally:
            await running.forget()

    async def died(self, victim: Running) -> None:
        """Wait for the crash, and until PostgreSQL has ended what was open then: now it is known what was committed."""
        assert await victim.wait() == -9, victim.stderr
        url = self.pair.orders_url if victim is self.services.order else self.pair.payments_url
        left = set(await asyncio.to_thread(rows, url, OPEN))
        await until(lambda: not left & set(rows(url, OPEN)), "the transactions of a killed process are still open")

    def make_due(self) -> None:
        with psycopg.connect(raw(self.pair.payments_url), autocommit=True) as connection:
            for update in MAKE_DUE:
                connection.execute(update.encode())


# The completer gives those who are at work two seconds; nobody is any more.
MAKE_DUE = (
    "UPDATE corrections SET check_at = now() WHERE completed_at IS NULL",
    "UPDATE unconfirmed SET check_at = now()",
)


@contextlib.asynccontextmanager
async def stage(
    postgres: Postgres, payment_env: Environment | None = None, *, over_the_line: bool = True
) -> AsyncIterator[Stage]:
    """A stage of its own databases."""
    async with Line() as line:
        env = {**({"PAYMENT_ORDER_SERVICE": line.address} if over_the_line else {}), **(payment_env or {})}
        async with services(postgres.pair(), payment_env=env) as both:
            line.target = both.order.address
            async with Stubs(both.order.address, both.payments[0].address) as stubs:
                yield Stage(both, stubs, line)


async def until(holds: Callable[[], bool], otherwise: str, timeout_s: float = 30.0) -> None:
    """Wait for it; there is no event for what another process does to a database."""
    deadline = time.monotonic() + timeout_s
    while not await asyncio.to_thread(holds):
        assert time.monotonic() < deadline, otherwise
        await asyncio.sleep(0.05)
