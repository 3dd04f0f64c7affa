"""Cells of the matrix: some as they are, and some made wrong, each of which its check must find."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from crashpoints import play
from crashpoints.jobs import Job, Pairs, Singles, Sweep
from crashpoints.places import reached
from crashpoints.points import ORDER, PAYMENT, Point
from crashpoints.report import Mode, Row, Seen, summary, write
from crashpoints.stage import Stage
from crashpoints.ways import BY_NAME, Cases, Way
from tests.crashes.ways import Call
from tests.harness.postgres import Postgres, raw
from tests.harness.stubs import Stubs

CHARGED = Point(PAYMENT, "committed:charge")
ENDED = Point(ORDER, "mark_orders_refunded_committed")
PAY, REFUND = BY_NAME["PayOrder"], BY_NAME["RefundPayment in full"]


@pytest.fixture(scope="module")
async def good(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """For cells that leave it in order."""
    log = tmp_path_factory.mktemp("crashpoints") / "services.log"
    async with Stage(postgres, str(log)).open() as opened:
        yield opened


@pytest.fixture
async def stage(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Stage]:
    """For a cell that does not."""
    async with Stage(postgres, str(tmp_path / "services.log")).open() as opened:
        yield opened


async def seen(stage: Stage, job: Job) -> list[Row]:
    rows: list[Row] = []
    await job.run(stage, rows.append)
    return rows


async def test_a_crash_that_nobody_retries(good: Stage) -> None:
    (row,) = await seen(good, Singles(PAY, [(CHARGED, Mode.NO_RETRY)]))
    assert not row.violation
    assert row.seen.first == "UNAVAILABLE"
    assert row.seen.at_crash == "succeeded, charge, order unpaid"
    assert row.seen.after == "succeeded, charge, order paid"


async def test_a_crash_of_order_service_and_two_retries(good: Stage) -> None:
    (row,) = await seen(good, Singles(REFUND, [(ENDED, Mode.TWO_RETRIES)]))
    assert not row.violation
    assert row.seen.first == "ORDER_SERVICE_UNAVAILABLE"
    assert row.seen.after == "refunded, charge+refund, order refunded"


@pytest.mark.parametrize("way", [PAY, REFUND], ids=lambda way: way.name)
async def test_order_service_dies_at_each_point_that_is_written_down(good: Stage, way: Way) -> None:
    """Once a flip became one statement that commits by itself, three points had nobody who passed them."""
    points = [point for point in reached(way.name) if point.service == ORDER]
    rows = await seen(good, Singles(way, [(point, Mode.NO_RETRY) for point in points]))
    assert [(row.where, row.violation, row.reached) for row in rows] == [
        (f"{point.name} ({ORDER})", "", 1) for point in points
    ]


async def test_two_crashes_in_a_row(good: Stage) -> None:
    sent, entries = Point(PAYMENT, "mark_orders_paid_sent"), Point(PAYMENT, "entries_inserted")
    again, gone = await seen(good, Pairs(PAY, [(CHARGED, sent), (CHARGED, entries)]))
    assert not again.violation
    assert not gone.violation
    # The order is left to flip, for the retry or the completer, whoever comes first; no entries are left to insert.
    assert (again.reached, gone.reached) == (2, 1)


async def test_points_that_are_not_reached(good: Stage) -> None:
    used = Point(PAYMENT, "tickets_used")
    rows = await seen(good, Sweep([(used, [PAY, BY_NAME["Deposit"]])]))
    assert [(row.way, row.violation) for row in rows] == [("PayOrder", ""), ("Deposit", "")]


async def test_a_point_that_is_reached_after_all_is_a_violation(stage: Stage) -> None:
    (row,) = await seen(stage, Sweep([(Point(PAYMENT, "claim_inserted"), [PAY])]))
    assert row.violation


async def test_a_process_that_does_not_die_is_a_violation(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(play, "DEATH_WITHIN_S", 0.5)
    (row,) = await seen(stage, Singles(PAY, [(Point(PAYMENT, "tickets_used"), Mode.RETRY)]))
    assert "it did not die of its failpoint" in row.violation


# What a service without its guards might leave behind, done by hand at each request.
TWICE = """
    UPDATE accounts SET balance_minor = balance_minor - 1 WHERE kind = 'customer' AND account_id = '{payer}'"""
ELSEWHERE = "UPDATE accounts SET balance_minor = balance_minor + 1 WHERE kind = 'system'"
UNPAID = "UPDATE orders SET status = 'unpaid', payment_id = NULL, paid_at = NULL WHERE order_id = '{order}'"


def doctored(way: Way, url: str, statement: str) -> Way:
    """The request, and beside it a statement on a database, whose triggers are told to look away."""

    def ask(stubs: Stubs, cases: Cases) -> Call:
        with psycopg.connect(raw(url), autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(statement.format(payer=cases[0].payer, order=cases[0].order_id).encode())
        return way.ask(stubs, cases)

    return replace(way, ask=ask)


@pytest.mark.parametrize(
    ("statement", "of_orders", "found"),
    [(TWICE, False, "left alone"), (ELSEWHERE, False, "the audit finds"), (UNPAID, True, "after quiet")],
    ids=["customer-debited-twice", "money-appears-elsewhere", "order-unpaid-again"],
)
async def test_a_doctored_database_is_a_violation(
    stage: Stage, statement: str, of_orders: bool, found: str, tmp_path: Path
) -> None:
    url = stage.pair.orders_url if of_orders else stage.pair.payments_url
    way = doctored(PAY, url, statement)
    rows: list[Row] = []
    rest = await Singles(way, [(CHARGED, Mode.NO_RETRY), (CHARGED, Mode.RETRY)]).run(stage, rows.append)
    assert found in rows[0].violation
    assert rest is not None  # for another stage
    assert len(rest) == 1
    assert summary(rows) == "crash points: cells=1 reached=1 violations=1 pairs=0 commits=1"
    write(rows, "a test", tmp_path / "report.html")
    assert found in (tmp_path / "report.html").read_text()


def test_a_summary_without_violations() -> None:
    rows = [Row("PayOrder", "begun:charge", mode, Seen(), 1) for mode in Mode]
    assert summary(rows) == "crash points: cells=3 reached=3 violations=0 pairs=0 commits=1"
