"""F27: the schema moves on under the services, and old and new version run side by side on it."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from order_service.storage import schema as orders_schema
from payment_service.storage import schema as payments_schema
from tests.harness.audit import charges, quiet
from tests.harness.corrections import authorize, capture, refund, reverse, ticket, use
from tests.harness.money import order, pay, seed
from tests.harness.postgres import Pair, rows
from tests.harness.retries import retried
from tests.harness.services import Environment, Services, services
from tests.harness.stubs import Stubs
from tests.migrations.newer import Newer, migration
from tests.server.standard import launched

TABLES = {"orders": orders_schema.metadata.tables, "payments": payments_schema.metadata.tables}
EXISTING = {"orders": "orders (order_id)", "payments": "payments (payment_id)"}
CALLERS = 4
each = pytest.mark.parametrize("name", ["orders", "payments"])


class Load:
    """Callers who pay, take back, and use tickets, one after the other, at whichever process is there."""

    def __init__(self, *stubs: Stubs) -> None:
        self.stubs = list(stubs)
        self.paid: list[str] = []
        self.stories = 0
        self._numbers = itertools.count()
        self._moved = asyncio.Condition()
        self._stopping = False

    async def caller(self) -> None:
        while not self._stopping:
            number = next(self._numbers)
            stubs = self.stubs[number % len(self.stubs)]
            await self._story(stubs, f"o-{number}")
            async with self._moved:
                self.stories += 1
                self._moved.notify_all()

    async def goes_on(self, stories: int) -> None:
        """Until that many more have come to their end."""
        async with self._moved:
            until = self.stories + stories
            await self._moved.wait_for(lambda: self.stories >= until)

    def stop(self) -> None:
        self._stopping = True

    async def _story(self, stubs: Stubs, name: str) -> None:
        for kind in ("paid", "reversed", "held"):
            await order(stubs, f"{name}-{kind}", 10)
        first = await pay(stubs, f"{name}-paid")
        again = await pay(self.stubs[0], f"{name}-paid")
        assert first.payment.payment_id == again.payment.payment_id
        self.paid.append(f"{name}-paid")
        await pay(stubs, f"{name}-reversed")
        await retried(lambda: refund(stubs, first.payment.payment_id, 3, f"{name}-refund"))
        await retried(lambda: reverse(stubs, order_id=f"{name}-reversed"))
        held = await retried(lambda: authorize(stubs, f"{name}-held"))
        await retried(lambda: capture(stubs, held.payment.payment_id, 4))
        once = await retried(lambda: ticket(stubs, "alice"))
        await retried(lambda: use(stubs, once, "shop", 1))


@asynccontextmanager
async def loaded(load: Load) -> AsyncIterator[None]:
    """Callers at work; each of them must have been answered to the end."""
    async with asyncio.TaskGroup() as callers:
        for _ in range(CALLERS):
            callers.create_task(load.caller())
        yield
        load.stop()


@each
async def test_old_and_new_run_side_by_side_while_the_schema_grows(pair: Pair, name: str, tmp_path: Path) -> None:
    newer = Newer(name, tmp_path)
    for number, table in enumerate(TABLES[name]):
        newer.add(f"ALTER TABLE {table} ADD COLUMN next_{number} text DEFAULT 'x'", oldest_code=newer.newest_known)
    newer.add(
        f"CREATE INDEX CONCURRENTLY IF NOT EXISTS next_index ON {EXISTING[name]}",
        oldest_code=newer.newest_known, concurrently=True,
    )  # fmt: skip
    newer.add("CREATE TABLE next_things (thing text)", oldest_code=newer.newest_known)
    newer.grant("next_things")
    async with (
        services(pair) as s,
        Stubs(s.order.address, s.payments[0].address) as old,
        contextlib.AsyncExitStack() as later,  # ends after the load has
    ):
        await seed(old, deposit=1_000_000)
        load = Load(old)
        async with loaded(load):
            await load.goes_on(2 * CALLERS)
            await migrated_by(newer, pair)
            await load.goes_on(3 * CALLERS)  # whoever had his statements prepared before
            restarted = await (s.restart_order() if name == "orders" else s.restart_payment())
            assert "schema.newer" in restarted.stderr
            await load.goes_on(CALLERS)
            load.stubs.append(await later.enter_async_context(beside(s, newer)))
            await load.goes_on(3 * CALLERS)
        await quiet(pair)
    assert len(load.paid) > 8 * CALLERS
    assert {order_id: charges(pair, order_id) for order_id in load.paid} == dict.fromkeys(load.paid, 1)


@each
async def test_a_schema_without_room_for_older_code_says_so(pair: Pair, name: str, tmp_path: Path) -> None:
    newer = Newer(name, tmp_path)
    older, contracted = newer.newest_known, newer.add(f"COMMENT ON TABLE {next(iter(TABLES[name]))} IS 'contracted'")
    await migrated_by(newer, pair)
    given = {**serving(pair, name), **migration(name, url_of(pair, name))}
    for arguments in ((), ("migrate",)):
        async with launched(newer.package, given, *arguments) as running:
            assert await running.wait() == 1
            said = [line for line in running.stderr.splitlines() if line.startswith(newer.package)]
            which = f"revision {contracted}, which runs code of revision {contracted} or later"
            assert said == [
                f"{newer.package}: the database is at {which}; this version is of {older}: start a newer one",
            ]
    async with launched(newer.package, {**given, **newer.environment}) as running:
        await running.listening()


async def test_the_older_version_migrates_nothing_and_takes_no_rights(pair: Pair, tmp_path: Path) -> None:
    """An instance of it that starts while the newer one is rolled out may run its `migrate` as it always does."""
    newer = Newer("payments", tmp_path)
    newer.add("CREATE TABLE next_things (thing text)", oldest_code=newer.newest_known)
    newer.grant("next_things")
    await migrated_by(newer, pair)
    async with launched(newer.package, migration("payments", pair.payments_url), "migrate") as running:
        assert await running.wait() == 0, running.stderr
        assert running.process.stdout
        said = (await running.process.stdout.read()).decode()
    assert (
        said == f"payment_service: nothing to do: revision {newer.newest} is newer than this version's, and runs it\n"
    )
    async with launched(newer.package, {**serving(pair, "payments"), **newer.environment}) as running:
        await running.listening()
    query = "SELECT has_table_privilege('payments_app', 'next_things', 'INSERT')"
    assert rows(pair.payments_url, query) == [(True,)]


async def migrated_by(newer: Newer, pair: Pair) -> None:
    given = {**migration(newer.name, url_of(pair, newer.name)), **newer.environment}
    async with launched(newer.package, given, "migrate") as running:
        assert await running.wait(60) == 0, running.stderr


@asynccontextmanager
async def beside(s: Services, newer: Newer) -> AsyncIterator[Stubs]:
    """The newer version beside the older one, on the same databases."""
    given = {**serving(s.pair, newer.name), **newer.environment, "PAYMENT_ORDER_SERVICE": s.order.address}
    async with launched(newer.package, given) as running:
        await running.listening()
        of_orders = newer.name == "orders"
        addresses = (running.address, s.payments[0].address) if of_orders else (s.order.address, running.address)
        async with Stubs(*addresses) as stubs:
            yield stubs


def url_of(pair: Pair, name: str) -> str:
    return pair.orders_url if name == "orders" else pair.payments_url


def serving(pair: Pair, name: str) -> Environment:
    if name == "orders":
        return {"ORDER_DATABASE_URL": pair.orders_login, "ORDER_LISTEN": "127.0.0.1:0"}
    return {"PAYMENT_DATABASE_URL": pair.payments_login, "PAYMENT_LISTEN": "127.0.0.1:0"}
