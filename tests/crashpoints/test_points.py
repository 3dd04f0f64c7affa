"""The matrix is held to the code: a failpoint without a place in it is told, and so is one whose name nobody knows."""

import shutil
from pathlib import Path

import pytest

from crashpoints import places, points
from crashpoints.catalogue import fault_of
from crashpoints.points import ORDER, PAYMENT, Point, UnknownNameError
from crashpoints.ways import WAYS


def test_every_failpoint_has_its_place() -> None:
    assert places.misplaced() == []


def test_every_request_has_its_points_and_every_one_of_them_is_a_point() -> None:
    assert {way.name for way in WAYS} == set(places.PASSES)
    assert len(points.points()) > 100


def test_no_point_is_both_nowhere_and_somewhere() -> None:
    somewhere = frozenset().union(*places.PASSES.values())
    assert not places.NOWHERE & somewhere
    assert not places.BY_ITSELF & (somewhere | places.NOWHERE)


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The services' code, to be changed."""
    for package in (ORDER, PAYMENT, "shared"):
        shutil.copytree(points.ROOT / package, tmp_path / package)
    monkeypatch.setattr(points, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("code", "new"),
    [
        ('failpoint("half_way")\n', ["half_way"]),
        ('failpoint_during("half_way", send())\n', ["half_way"]),
        ('database.transact(work, name="half")\n', ["begun:half", "commit_sent:half", "committed:half"]),
    ],
)
def test_a_new_point_has_no_place(copy: Path, code: str, new: list[str]) -> None:
    (copy / PAYMENT / "new.py").write_text(code)
    assert places.misplaced() == [f"{name} of {PAYMENT} has no place in crashpoints/places.py" for name in new]


def test_a_point_of_shared_is_one_of_both_services(copy: Path) -> None:
    (copy / "shared" / "new.py").write_text('failpoint("half_way")\n')
    assert points.points() >= {Point(ORDER, "half_way"), Point(PAYMENT, "half_way")}


def test_a_point_that_is_gone_is_told(copy: Path) -> None:
    file = copy / PAYMENT / "usecases" / "pay_orders.py"
    file.write_text(file.read_text().replace('failpoint("orders_read")', "pass"))
    assert places.misplaced() == [f"orders_read of {PAYMENT} is no point of the code"]


@pytest.mark.parametrize("code", ["failpoint(f'{x}_read')\n", "database.transact(work, name=x)\n"])
def test_a_name_that_cannot_be_told_is_refused(copy: Path, code: str) -> None:
    (copy / PAYMENT / "new.py").write_text(code)
    with pytest.raises(UnknownNameError):
        points.points()


@pytest.mark.parametrize(
    ("rpc", "service", "name", "fault"),
    [
        ("PayOrder", PAYMENT, "request_received:PayOrder", "F1"),
        ("BatchPayOrders", PAYMENT, "committed:charge", "F7"),
        ("PayOrder", ORDER, "mark_orders_paid_committed", "F9"),
        ("PayOrder", PAYMENT, "committed:confirm", "F11"),  # the completer's
        ("PayWithTicket", PAYMENT, "committed:charge", "F11"),
        ("RefundPayment", PAYMENT, "reply_sent:RefundPayment", "F11"),
    ],
)
def test_a_point_has_its_number_in_the_catalogue(rpc: str, service: str, name: str, fault: str) -> None:
    assert Point(service, name) in points.points()
    assert fault_of(rpc, Point(service, name)) == fault


def test_every_fault_from_the_first_to_the_eleventh_has_a_point() -> None:
    reached = [(way.rpc, point) for way in WAYS for point in places.reached(way.name)]
    assert {fault_of(rpc, point) for rpc, point in reached} == {f"F{number}" for number in range(1, 12)}
