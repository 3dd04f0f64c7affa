"""A seed is a schedule: the same one, wherever and however often it is drawn."""

import os
import subprocess
import sys

import pytest

from crashpoints.places import BY_ITSELF, PASSES
from faults.kinds import KINDS
from faults.kinds.processes import failpoints
from faults.plan import plan
from faults.stories import STORIES, Teller
from tests.harness.services import ROOT

DRAWN = """
from faults.plan import plan
from faults.stories import Teller
drawn = plan(7, 20.0)
print(drawn, [Teller(7, drawn.habits).story(number) for number in range(200)])
"""


def drawn(hash_seed: str) -> str:
    """A plan and its stories, as another process draws them."""
    env = {**os.environ, "PYTHONHASHSEED": hash_seed}
    return subprocess.run(
        [sys.executable, "-c", DRAWN], env=env, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout


def test_the_same_seed_is_the_same_schedule_in_every_process() -> None:
    assert drawn("1") == drawn("2")


def test_another_seed_is_another_schedule() -> None:
    assert len({str(plan(seed, 20.0).faults) for seed in range(20)}) == 20


def test_only_wanted_faults_are_planned_and_all_of_them() -> None:
    wanted = ["kill_payment", "db_crash", "client_cancels"]
    found = plan(3, 200.0, wanted)
    assert list(found.mix) == wanted
    assert {fault.kind for fault in found.faults} == {"kill_payment", "db_crash"}
    assert found.habits.hanging_up > 0
    assert not found.habits.twice


def test_a_rate_multiplies_faults_and_changes_nothing_else() -> None:
    wanted = ["kill_payment", "kill_order"]
    usual, dense = plan(3, 20.0, wanted), plan(3, 20.0, wanted, 8.0)
    assert len(dense.faults) == pytest.approx(8 * len(usual.faults), abs=8)
    assert (dense.shape, dense.settings, dense.habits) == (usual.shape, usual.settings, usual.habits)
    assert plan(3, 20.0, wanted, 8.0) == dense


@pytest.mark.parametrize("seed", range(30))
def test_a_plan_is_dense_and_ends_in_time_and_exclusive_faults_never_meet(seed: int) -> None:
    found = plan(seed, 20.0)
    assert 20 <= len(found.faults) <= 60
    assert all(fault.at_s + fault.lasts_s <= 20.001 for fault in found.faults)
    busy: dict[str, float] = {}
    for fault in found.faults:
        if exclusive := KINDS[fault.kind].exclusive:
            assert fault.at_s > busy.get(exclusive, -1), fault
            busy[exclusive] = fault.at_s + fault.lasts_s


def test_every_kind_and_every_story_is_drawn_by_some_seed() -> None:
    plans = [plan(seed, 20.0) for seed in range(60)]
    assert {name for found in plans for name in found.mix} == set(KINDS)
    assert {fault.kind for found in plans for fault in found.faults} == {n for n, k in KINDS.items() if not k.habit}
    told = {Teller(found.seed, found.habits).story(number).kind for found in plans for number in range(40)}
    assert told == set(STORIES)


def test_some_seeds_have_times_that_end_meanwhile() -> None:
    for name in ("PAYMENT_TICKET_TTL_S", "PAYMENT_AUTHORIZATION_TTL_S"):
        lasting = {int(plan(seed, 20.0).settings[name]) for seed in range(60)}
        assert {1, 2, 3} < lasting
        assert max(lasting) > 3600


def test_whatever_clients_make_a_service_pass_may_kill_it() -> None:
    passed = frozenset().union(*PASSES.values(), BY_ITSELF)
    for which in ("payment", "order"):
        drawn = set(failpoints(which))
        assert {point.name for point in passed if point.service == f"{which}_service"} <= drawn
        assert not {name for name in drawn if name.endswith((":ListOrders", ":ListPayments"))}  # nobody asks these
    assert {"request_received:BatchPayOrders", "committed:create_ticket"} <= set(failpoints("payment"))
