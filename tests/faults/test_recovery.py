"""What is measured of restarts; and what was not kept is found."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from faults.books import Books, Move, Order, Payment
from faults.recovery import __main__ as measuring
from faults.recovery import confirmed
from faults.recovery.__main__ import fleet, measure, options
from faults.recovery.callers import Call
from faults.recovery.figures import Figure, Figures, percentile
from faults.recovery.first import DATABASE, FAILOVER, SERVICE
from faults.recovery.fleet import Fleet
from faults.recovery.kept import lost, unanswered
from faults.recovery.load import told_to_stop
from faults.recovery.report import last_line, tables, write


@pytest.fixture(scope="module")
async def running_fleet() -> AsyncIterator[Fleet]:
    async with fleet() as made:
        yield made


async def test_restarts_are_measured_and_nothing_is_lost(
    running_fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "STOPS", 1)
    monkeypatch.setattr(confirmed, "OUTAGES", {"killed": confirmed.OUTAGES["order_service killed"]})
    few = "--restarts 1 --seconds 0.5 --outages 2 --lengths 0.2"
    chosen = options(["--only", "first,confirmed,stopped,failover", *few.split()])
    figures = await measure(running_fleet, chosen, lambda _: None)
    assert figures.clean, figures
    assert {one.kind for one in figures.times} == {SERVICE, DATABASE, FAILOVER, "confirmed"}
    restarts = [second for one in figures.times if one.kind == SERVICE for second in one.seconds]
    assert min(restarts) > 0.1  # a process does not start in no time
    in_flight = figures.windows[0]
    assert in_flight.calls > 0
    assert all(table.row_count for table in tables(figures))
    assert last_line(figures).endswith("outages=2 lost=0 failed=0")
    assert write(figures, tmp_path).stat().st_size > 0


def test_outages_are_of_every_kind_and_more_often_short() -> None:
    found = confirmed.planned(100, [0.5, 2.0, 12.0])
    assert found == confirmed.planned(100, [0.5, 2.0, 12.0])
    kinds, lengths = Counter(kind for kind, _ in found), Counter(length_s for _, length_s in found)
    assert set(kinds.values()) == {100 // len(confirmed.OUTAGES)}
    assert lengths[0.5] > lengths[2.0] > lengths[12.0] > 0


async def test_outages_that_left_nothing_to_do_are_no_figure(
    running_fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none(*_: object) -> None:
        """Nothing was unconfirmed."""

    monkeypatch.setattr(confirmed, "_one", none)
    with pytest.raises(RuntimeError, match="after any of 3 outages"):
        await confirmed.until_confirmed(running_fleet, 3, [0.5], lambda _: None)


async def test_a_service_that_does_not_drain_is_found(running_fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    async def rudely(name: str) -> int:
        await running_fleet.kill(name)
        return -9

    monkeypatch.setattr(running_fleet, "terminate", rudely)
    figures = Figures()
    await told_to_stop(running_fleet, 0.5, figures)
    assert not figures.clean
    assert "exit status -9" in figures.lost[0]


def books_with(payment_id: str, state: str = "succeeded") -> Books:
    payment = Payment("order:o", payment_id, "a", "b", 5, 5, 0, state, "")
    books = Books(payments={payment_id: payment}, orders={"o": Order("o", "paid", payment_id)})
    books.attempts["order:o"].append(payment)
    books.moves[payment_id].append(Move(payment_id, "charge", 5, 5))
    return books


def test_an_acknowledged_payment_must_be_there_and_pay_its_order() -> None:
    call = Call("o", 0.0, 1.0, "OK", payment_id="p")
    assert not list(lost([call], books_with("p")))
    assert list(lost([call], books_with("another")))
    assert list(lost([call], books_with("p", "reversed")))
    unpaid = books_with("p")
    unpaid.orders["o"] = Order("o", "unpaid", "")
    assert list(lost([call], unpaid))
    twice = books_with("p")
    twice.moves["p"] *= 2
    assert list(lost([call], twice))


@pytest.mark.parametrize(
    ("call", "books", "found"),
    [
        (Call("o", 0.0, 1.0, "OK"), books_with("p"), False),
        (Call("o", 0.0, 1.0, "UNAVAILABLE"), Books(), False),  # the connection refused it
        (Call("o", 0.0, 1.0, "UNAVAILABLE", "SHUTTING_DOWN"), Books(), False),
        (Call("o", 0.0, 1.0, "UNAVAILABLE"), books_with("p"), True),  # it was carried out, and nobody told
        (Call("o", 0.0, 1.0, "CANCELLED"), Books(), True),
        (Call("o", 0.0), Books(), True),
    ],
)
def test_a_call_in_flight_must_be_answered(call: Call, books: Books, found: bool) -> None:
    assert bool(list(unanswered([call], books))) == found


def test_the_percentile_of_few_is_the_highest() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.99) == 3.0
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([float(i) for i in range(1, 201)], 0.99) == 198.0


def test_the_last_line_has_the_slowest() -> None:
    times = [Figure(SERVICE, "a", [1.0, 1.5]), Figure(SERVICE, "b", [0.5]), Figure(DATABASE, "c", [0.25])]
    figures = Figures(times, lost=["one"], failed=2)
    assert last_line(figures) == "recovery: service_s=1.50 database_s=0.25 lost=1 failed=2"
    assert not figures.clean
