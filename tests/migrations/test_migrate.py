"""`migrate`, as processes: one at a time, never in the way of traffic, and plain about what it did or could not do."""

import asyncio
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from shared import migrations
from shared.compatibility import Revisions
from shared.errors import StartupError
from tests.harness.locks import somebody_waits
from tests.harness.postgres import Pair, Postgres, raw, rows
from tests.harness.services import ROOT, Environment, Running, environment
from tests.migrations.newer import Newer, migration
from tests.server.standard import launched
from tests.server.test_terminal import ANY_PORTS, payonce, welcomed
from tests.storage.test_migration import upgrade

AFTERWARDS = "as a whole; run it again when that is mended"
NEWEST = {name: Revisions(f"{name}_service").newest for name in ("order", "payment")}
GRANTED = "{}_service: role {} has what it needs, and nothing else"


async def test_of_two_at_once_one_waits_and_finds_nothing_to_do(postgres: Postgres) -> None:
    given = migration("payments", postgres.empty())
    url = given["PAYMENT_MIGRATION_URL"]
    async with (
        launched("payment_service", given, "migrate") as one,
        launched("payment_service", given, "migrate") as other,
    ):
        # Ours, so that both are seen to wait before either can begin.
        with held_still(url):
            for each in (one, other):
                assert await line(each) == "payment_service: another process is migrating this database: waiting for it"
        said = [await rest(each) for each in (one, other)]
        assert [await each.wait() for each in (one, other)] == [0, 0]
    steps = sorted([text for text in lines if text.startswith("payment_service: revision ")] for lines in said)
    assert steps[0] == []
    assert [text.split(": ")[1].split()[1] for text in steps[1]] == Revisions("payment_service").known
    for lines in said:
        assert f"payment_service: at revision {NEWEST['payment']}" in lines


async def test_it_keeps_out_of_the_way_of_a_long_transaction(pair: Pair, tmp_path: Path) -> None:
    newer = Newer("orders", tmp_path)
    # In a block of its own that waits for as long as it takes; the next one doesn't.
    newer.add(
        "CREATE INDEX IF NOT EXISTS next_index ON orders (order_id)", oldest_code=NEWEST["order"], concurrently=True
    )
    added = newer.add("ALTER TABLE orders ADD COLUMN next_one text", oldest_code=newer.newest_known)
    given = {**migration("orders", pair.orders_url), **newer.environment}
    with psycopg.connect(raw(pair.orders_url)) as long, psycopg.connect(raw(pair.orders_login)) as traffic:
        long.execute("SELECT count(*) FROM orders")  # and stays in its transaction
        async with launched("order_service", given, "migrate") as migrating:
            assert "CREATE INDEX" in await line(migrating)
            assert "traffic comes first" in await line(migrating)
            # It stands in nobody's way meanwhile: this waits for no lock at all.
            traffic.execute("LOCK TABLE orders IN ROW EXCLUSIVE MODE NOWAIT")
            traffic.rollback()
            long.rollback()
            lines = await rest(migrating)
            assert await migrating.wait() == 0
    assert any(text.startswith(f"order_service: revision {added}: ") for text in lines)


def test_it_gives_up_on_a_transaction_without_end(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "LOCK_TRIES", 1)
    url = postgres.empty()
    upgrade(url, "order_service", "0002")
    with psycopg.connect(raw(url)) as long:
        long.execute("SELECT count(*) FROM orders")
        with pytest.raises(StartupError, match=r"at revision 0002, as a whole; a long transaction keeps a table"):
            migrations.migrate("order_service", url)
    migrations.migrate("order_service", url)
    assert rows(url, "SELECT version_num FROM alembic_version") == [(NEWEST["order"],)]


async def test_an_index_is_built_beside_traffic_and_again_after_an_attempt_that_ended(postgres: Postgres) -> None:
    url = postgres.empty()
    upgrade(url, "order_service", "0003")
    with psycopg.connect(raw(url)) as long, psycopg.connect(raw(url)) as traffic:
        # A snapshot that has not looked at the orders: the index waits for its end, and the column does not.
        long.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        long.execute("SELECT 1")
        building = asyncio.create_task(asyncio.to_thread(migrations.migrate, "order_service", url))
        await somebody_waits(url)
        traffic.execute("LOCK TABLE orders IN ROW EXCLUSIVE MODE NOWAIT")
        traffic.rollback()
        ended = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query ~ '^\\s*CREATE INDEX CONCURRENTLY'"
        assert rows(url, ended) == [(True,)]
        with pytest.raises(StartupError, match=r"at revision 0003, .*orders_of_merchant is half built.*run it again"):
            await building
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('orders_of_merchant')"
    assert rows(url, valid) == [(False,)]
    migrations.migrate("order_service", url)
    assert rows(url, valid) == [(True,)]
    assert rows(url, "SELECT version_num FROM alembic_version") == [(NEWEST["order"],)]


async def test_what_went_before_a_revision_that_fails_stays(pair: Pair, tmp_path: Path) -> None:
    newer = Newer("orders", tmp_path)
    fine = newer.add("CREATE TABLE next_things (thing text)", oldest_code=newer.newest_known)
    newer.add("CREATE TABLE half_done ()", "SELECT 1 / 0", oldest_code=newer.newest_known)
    given = {**migration("orders", pair.orders_url), **newer.environment}
    async with launched("order_service", given, "migrate") as migrating:
        assert await migrating.wait() == 1
        said = [text for text in migrating.stderr.splitlines() if text.startswith("order_service: ")]
    assert said == [
        f"order_service: the migration failed: division by zero. The database is at revision {fine}, {AFTERWARDS}",
    ]
    assert rows(pair.orders_url, "SELECT to_regclass('next_things') IS NOT NULL, to_regclass('half_done')::text") == [
        (True, None)
    ]
    assert rows(pair.orders_url, "SELECT version_num, oldest_code FROM alembic_version") == [(fine, newer.newest_known)]


def test_the_command_brings_both_to_their_newest_revision(postgres: Postgres) -> None:
    given = {**migration("orders", postgres.empty()), **migration("payments", postgres.empty())}
    said = payonce_migrate(given)
    assert said[-3:] == [
        f"payment_service: at revision {NEWEST['payment']}",
        GRANTED.format("payment", "payments_app"),
        GRANTED.format("payment", "payonce_read"),
    ]
    assert f"order_service: at revision {NEWEST['order']}" in said
    assert payonce_migrate(given, "orders") == [
        f"order_service: at revision {NEWEST['order']}",
        GRANTED.format("order", "orders_app"),
        GRANTED.format("order", "payonce_read"),
    ]


def test_the_command_stops_at_the_first_that_fails(postgres: Postgres) -> None:
    given = {**migration("orders", postgres.empty()), **migration("payments", postgres.empty())}
    ended = command({**given, "ORDER_APP_ROLE": "nobody_yet"})
    assert ended.returncode == 1
    assert ended.stderr == (
        "order_service: there is no role nobody_yet: CREATE ROLE nobody_yet LOGIN PASSWORD '…', and run it again\n"
    )
    assert "payment_service" not in ended.stdout


def test_the_embedded_database_needs_no_set_up() -> None:
    with tempfile.TemporaryDirectory(prefix="payonce-migrate-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL does not run as root, and must get in
        assert payonce_migrate({"PAYONCE_DATA_DIR": f"{folder}/data"}, "payments")[-1] == (
            f"payment_service: at revision {NEWEST['payment']}"
        )


async def test_up_takes_nothing_that_is_meant_for_databases_elsewhere() -> None:
    elsewhere = {"ORDER_MIGRATION_URL": "postgresql://owner@127.0.0.1:1/orders", "PAYMENT_APP_ROLE": "nobody_here"}
    with tempfile.TemporaryDirectory(prefix="payonce-migrate-") as folder:
        Path(folder).chmod(0o755)
        async with payonce("up", *ANY_PORTS, "--data", f"{folder}/data", env=elsewhere) as up:
            await welcomed(up)
            up.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(up.wait(), 60) == 0


async def test_a_service_that_could_lift_its_guards_is_warned_of(pair: Pair) -> None:
    for url, warned in ((pair.orders_url, True), (pair.orders_login, False)):
        given = {"ORDER_DATABASE_URL": url, "ORDER_LISTEN": "127.0.0.1:0"}
        async with launched("order_service", given) as running:
            await running.listening()
            assert ("database.owner" in running.stderr) == warned


def payonce_migrate(given: Environment, *arguments: str) -> list[str]:
    ended = command(given, *arguments)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


def command(given: Environment, *arguments: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "payonce.cli", "migrate", *arguments]
    return subprocess.run(words, env=environment(given), cwd=ROOT, capture_output=True, text=True, check=False)


async def line(running: Running) -> str:
    assert running.process.stdout
    return (await asyncio.wait_for(running.process.stdout.readline(), 60)).decode().strip()


async def rest(running: Running) -> list[str]:
    assert running.process.stdout
    return (await running.process.stdout.read()).decode().splitlines()


@contextmanager
def held_still(url: str) -> Iterator[None]:
    """As if a migration were under way."""
    with psycopg.connect(raw(url), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [migrations.ADVISORY_LOCK])
        yield
