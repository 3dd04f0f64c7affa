"""`payonce verify` as an operator runs it."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg

from tests.audit.conftest import Copy
from tests.harness.postgres import Pair, Postgres, raw

ROOT = Path(__file__).parents[2]
NO_SERVER = "postgresql://postgres:s3cret@127.0.0.1:1/orders"


def run(orders_url: str, payments_url: str, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    given = {"ORDER_DATABASE_URL": orders_url, "PAYMENT_DATABASE_URL": payments_url, **more}
    return subprocess.run(
        [sys.executable, "-m", "payonce.cli", "verify", *words],
        env={**os.environ, **{name: value for name, value in given.items() if value}},
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def counted(url: str) -> str:
    with psycopg.connect(raw(url)) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM payments), (SELECT count(*) FROM transfers), (SELECT count(*) FROM entries)"
        ).fetchone()
    assert row
    return "payments={} transfers={} entries={}".format(*row)


def test_what_is_in_order(world: Pair) -> None:
    ended = run(world.orders_url, world.payments_url)
    lines = ended.stdout.splitlines()
    assert lines[-1] == f"verify: {counted(world.payments_url)} violations=0"
    assert ended.returncode == 0
    assert ended.stderr == ""
    assert {line.split()[1] for line in lines if line.startswith("ok ")} >= {
        f"I{number}" for number in (2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 15, 16)
    }
    assert re.search(r"head of transfers: block=\d+ position=\d+ hash=[0-9a-f]{64} not_sealed_yet=0", ended.stdout)


def test_what_is_not(copy: Copy) -> None:
    tampered = copy("payments")
    with psycopg.connect(raw(tampered.payments_url)) as connection:
        connection.execute("SET session_replication_role = replica")
        edited = connection.execute("UPDATE history SET actor = 'nobody' WHERE event NOT LIKE '%_begun'").rowcount
    ended = run(tampered.orders_url, tampered.payments_url)
    assert ended.stdout.splitlines()[-1] == f"verify: {counted(tampered.payments_url)} violations={edited}"
    assert f"… and {edited - 10} more" in ended.stdout
    assert ended.returncode == 1
    everyone = run(tampered.orders_url, tampered.payments_url, "--all").stdout
    assert everyone.count("\n      ") == edited
    assert "… and" not in everyone


def test_a_database_out_of_reach_is_one_line(world: Pair) -> None:
    ended = run(NO_SERVER, world.payments_url)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert re.fullmatch(r"verify: the database of orders can't be reached: .*\n", ended.stderr)
    assert "s3cret" not in ended.stderr


def test_a_database_that_is_not_migrated_is_one_line(postgres: Postgres, world: Pair) -> None:
    ended = run(world.orders_url, postgres.empty())
    assert ended.returncode == 2
    assert re.fullmatch(r"verify: a database is not migrated: .*\n", ended.stderr)


def test_a_url_that_is_none_is_one_line(world: Pair) -> None:
    ended = run(world.orders_url, "mysql://somewhere")
    assert ended.returncode == 2
    assert re.fullmatch(r"verify: set PAYMENT_DATABASE_URL: it must look like .*\n", ended.stderr)


def test_without_any_database_it_makes_none(tmp_path: Path) -> None:
    ended = run("", "", PAYONCE_DATA_DIR=str(tmp_path / "none"))
    assert ended.returncode == 2
    assert re.fullmatch(r"verify: no database in .*: set ORDER_DATABASE_URL .*\n", ended.stderr)
    assert not (tmp_path / "none").exists()


def test_beside_a_running_up_and_after_it() -> None:
    with tempfile.TemporaryDirectory(prefix="payonce-verify-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL does not run as root, and must get in
        words = ["up", "--order-port", "0", "--payment-port", "0", "--no-console", "--data", folder]
        with subprocess.Popen([sys.executable, "-m", "payonce.cli", *words], stdout=subprocess.PIPE, cwd=ROOT) as up:
            assert up.stdout
            assert up.stdout.readline().startswith(b"order_service")
            beside = run("", "", PAYONCE_DATA_DIR=folder)
            up.send_signal(signal.SIGINT)
            assert up.wait(30) == 0
        after = run("", "", PAYONCE_DATA_DIR=folder)
    for ended in (beside, after):
        assert ended.stdout.endswith("\nverify: payments=0 transfers=0 entries=0 violations=0\n"), ended.stderr
        assert ended.returncode == 0


def test_orders_that_stay_locked_are_one_line(world: Pair) -> None:
    with psycopg.connect(raw(world.orders_url)) as connection:
        connection.execute("LOCK TABLE orders IN ROW EXCLUSIVE MODE")
        ended = run(world.orders_url, world.payments_url)
    assert ended.returncode == 2
    assert re.fullmatch(r"verify: a database can't be audited now: .*lock timeout\n", ended.stderr)
