"""What callers were told is counted by the fault that was on, and held to the table in docs/reliability.md."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from faults.alone import alone, each_alone
from faults.answers import HUNG_UP, NO_FAULT, UNCONFIRMED, answers
from faults.calls import REQUESTS
from faults.history import Call, Outcome
from faults.kinds import KINDS
from faults.matrix.__main__ import main
from faults.matrix.observed import Observed, observed
from faults.matrix.page import page
from faults.matrix.promised import PAGE, Promised, promised
from faults.plan import DEFAULTS, plan
from faults.planned import Fault
from faults.run import Result
from faults.stories import STORIES
from payonce.payment.v1 import payment_service_pb2

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def promise() -> Promised:
    return promised(PAGE.read_text())


def call(begun_s: float, ended_s: float, **told: Any) -> Call:
    return Call(story=1, rpc="PayOrder", request=None, begun_s=begun_s, ended_s=ended_s, **told)


def test_alone_a_fault_is_on_from_the_first_one_to_the_end() -> None:
    calls = [call(at_s, at_s + 1.0, status="UNAVAILABLE") for at_s in (8.0, 10.5, 19.0, 40.0)]
    cut = Fault(10.0, 0.0, "cut", {})
    result = Result(alone("cut", 1, 20.0), injected=[(10.0, 10.0, cut)], calls=calls, healed_at_s=20.0)
    assert answers(result) == {NO_FAULT: {"PayOrder": {"UNAVAILABLE": 1}}, "cut": {"PayOrder": {"UNAVAILABLE": 3}}}


def test_an_answer_counts_for_the_faults_that_were_on_within_its_call() -> None:
    paid = payment_service_pb2.PayOrderResponse(order_confirmed=False)
    crash = Fault(10.0, 1.0, "db_crash", {})
    calls = [
        call(1.0, 9.0, status="UNAVAILABLE", reason="STARTING", outcome=Outcome.AGAIN),
        call(9.0, 10.5, status="UNAVAILABLE"),
        call(13.5, 14.0, status="OK", outcome=Outcome.OK, answer=paid),  # it lingers
        call(14.5, 15.0, status="CANCELLED", hung_up=True),
    ]
    two = plan(1, 20.0, ["db_crash", "cut"])
    result = Result(two, injected=[(10.0, 11.0, crash)], calls=calls, healed_at_s=20.0)
    assert answers(result) == {
        NO_FAULT: {"PayOrder": {"UNAVAILABLE/STARTING": 1, HUNG_UP: 1}},
        "db_crash": {"PayOrder": {"UNAVAILABLE": 1, UNCONFIRMED: 1}},
    }


def test_what_clients_do_all_the_time_is_on_until_all_is_healed() -> None:
    calls = [call(at_s, at_s + 1, status="CANCELLED", hung_up=True) for at_s in (1.0, 21.0)]
    result = Result(alone("client_cancels", 1, 20.0), calls=calls, healed_at_s=20.0)
    assert set(answers(result)) == {"client_cancels", NO_FAULT}


def test_alone_is_one_kind_with_every_story_and_default_settings() -> None:
    drawn = alone("half_open", 7, 20.0)
    assert drawn.alone == "half_open"
    assert {fault.kind for fault in drawn.faults} == {"half_open"}
    assert set(drawn.habits.kinds) == set(STORIES)
    assert DEFAULTS.items() <= drawn.settings.items()
    assert not drawn.habits.hanging_up
    assert not drawn.habits.twice


def test_faults_of_links_are_told_apart_by_where_these_are() -> None:
    plans = each_alone(["cut", "kill_order"], 7, 20.0, 1.0)
    assert [(one.alone, one.place) for one in plans] == [
        ("cut", "callers"), ("cut", "order_service"), ("cut", "database"), ("kill_order", ""),
    ]  # fmt: skip
    for one in plans[:3]:
        assert one.faults
        assert {fault.values["link"] for fault in one.faults} <= set(one.shape.places()[one.place])


def test_each_place_has_its_row(tmp_path: Path, promise: Promised) -> None:
    seed = {"seed": 1, "date": "2026-11-27", "seconds": 4.0, "faults": 3, "requests": 7, "violations": 0}
    told = {"callers": "UNAVAILABLE", "database": "UNAVAILABLE/DATABASE_UNAVAILABLE"}
    path = tmp_path / "seeds.jsonl"
    for place, said in told.items():
        answers_ = {"cut": {"PayOrder": {said: 2}}, NO_FAULT: {"PayOrder": {"OK": 1}}}
        line = {**seed, "kinds": ["cut"], "place": place, "answers": answers_}
        path.write_text((path.read_text() if path.exists() else "") + json.dumps(line) + "\n")
    text = page(observed([path]), promise)
    assert "`cut` (callers): all connections of a link break at once | 3 | UNAVAILABLE 2 |" in text
    assert (
        "`cut` (database): all connections of a link break at once | 3 | UNAVAILABLE `DATABASE_UNAVAILABLE` 2 |" in text
    )
    assert f"| `{NO_FAULT}` |  | OK 2 |" in text


def test_the_table_has_every_kind_and_every_rpc(promise: Promised) -> None:
    assert KINDS.keys() <= promise.may_be.keys()
    assert NO_FAULT in promise.may_be
    assert {rpc for rpcs in promise.columns for rpc in rpcs} == set(REQUESTS)


@pytest.mark.parametrize(
    ("kind", "rpc", "said", "allowed"),
    [
        ("kill_payment", "PayOrder", "UNAVAILABLE", True),
        ("kill_payment", "PayOrder", "UNAVAILABLE/STARTING", True),
        ("kill_payment", "PayOrder", "FAILED_PRECONDITION/ORDER_CANCELLED", True),
        ("kill_payment", "PayOrder", "UNAVAILABLE/DATABASE_UNAVAILABLE", False),
        ("kill_payment", "CancelOrder", "UNAVAILABLE", False),  # which is the other service's
        ("kill_order", "PayOrder", UNCONFIRMED, True),
        ("kill_order", "PayOrder", "UNAVAILABLE", False),
        ("kill_order", "CancelOrder", "UNAVAILABLE", True),
        ("stop_payment", "Deposit", "UNAVAILABLE/DATABASE_CONTENTION", True),  # which keeps the rows that it has locked
        ("stop_order", "CancelOrder", "UNAVAILABLE/DATABASE_CONTENTION", True),
        ("db_crash", "RefundPayment", "UNAVAILABLE/DATABASE_UNAVAILABLE", True),
        ("db_crash", "Deposit", "UNAVAILABLE/ORDER_SERVICE_UNAVAILABLE", False),  # it is not documented for it
        ("clock_jump", "Deposit", "DEADLINE_EXCEEDED", True),  # as at any time
        ("clock_jump", "Deposit", "INTERNAL/INTERNAL", False),
        ("clock_jump", "Deposit", "NOT_FOUND/ORDER_NOT_FOUND", False),
        ("clock_jump", "Deposit", "NOT_FOUND", False),  # nobody of ours said that
    ],
)
def test_what_may_be_told(promise: Promised, kind: str, rpc: str, said: str, allowed: bool) -> None:
    assert promise.allows(kind, rpc, said) == allowed


def recorded(tmp_path: Path, said: str) -> Observed:
    """Lines as the two commands keep them."""
    seed = {"seed": 1, "date": "2026-11-27", "seconds": 4.0, "faults": 3, "requests": 7, "violations": 0}
    lines = [
        {**seed, "kinds": ["db_crash"], "answers": {"db_crash": {"PayOrder": {said: 2, "OK": 5}}}},
        {**seed, "kinds": ["db_crash", "cut"], "answers": {"cut": {"PayOrder": {"INTERNAL/INTERNAL": 1}}}},
        {"mode": "retry", "where": "committed:charge (payment_service)", "fault": "F7", "rpc": "PayOrder",
         "seen": {"first": "UNAVAILABLE"}},
        {"mode": "no retry", "where": "mark_orders_paid_committed (order_service)", "fault": "F9", "rpc": "PayOrder",
         "seen": {"first": "ORDER_SERVICE_UNAVAILABLE"}},
        {"mode": "not reached", "where": "tickets_used (payment_service)", "fault": "", "rpc": "",
         "seen": {"first": ""}},
    ]  # fmt: skip
    path = tmp_path / "lines.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return observed([path])


def test_the_page_has_what_was_seen_and_what_it_stands_on(tmp_path: Path, promise: Promised) -> None:
    found = recorded(tmp_path, "UNAVAILABLE/DATABASE_UNAVAILABLE")
    assert list(found.undocumented(promise)) == []
    assert (found.answers, found.cells, found.mixed) == (9, 2, 1)
    text = page(found, promise)
    assert "| F7, in payment_service | 1 | UNAVAILABLE 1 |" in text
    assert "| F9, in order_service | 1 | UNAVAILABLE `ORDER_SERVICE_UNAVAILABLE` 1 |" in text
    assert "| 3 | OK 5<br>UNAVAILABLE `DATABASE_UNAVAILABLE` 2 |" in text
    assert "1 seeds (1; 4 s each; 2026-11-27) with 3 faults and 7 requests, 0 violations; and 2 crash points" in text
    assert "INTERNAL" not in text  # of a seed with two kinds
    assert "Left out: 1 seeds" in text


def test_the_page_names_a_violation_and_the_exit_status_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = {"seed": 7, "date": "2026-11-27", "seconds": 4.0, "faults": 3, "requests": 7, "violations": 1}
    line = {**seed, "kinds": ["cut"], "answers": {"cut": {"PayOrder": {"OK": 7}}}, "violated": ["I3 a transfer"]}
    lines, out = tmp_path / "seeds.jsonl", tmp_path / "observed.md"
    lines.write_text(json.dumps({**line, "commit": "abc"}) + "\n")
    monkeypatch.setattr("sys.argv", ["faults.matrix", str(lines), "--out", str(out)])
    assert main() == 1
    assert capsys.readouterr().out.endswith("undocumented=0 violations=1\n")
    assert "- `cut`, seed 7: I3 a transfer\n" in out.read_text()
    assert "What was run: abc." in out.read_text()


def test_make_writes_the_page_whatever_was_found() -> None:
    """And ends as the run did: a page without its seeds' violations would look clean."""
    recipe = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "-o", ".venv/dev.done", "matrix", "BIN=bin"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.partition("status=0")  # fmt: skip
    for faults, matrix, status in ((3, "true", 3), (0, "true", 0), (3, "exit 1", 1), (0, "false", 1)):
        commands = recipe[2].replace("bin/python -m faults --alone", f"sh -c 'exit {faults}'")
        commands = commands.replace("bin/python -m faults.matrix", f"echo the page; {matrix}")
        done = subprocess.run(
            ["sh", "-c", f"status=0{commands}"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout.strip()[:8]) == (status, "the page")


def test_what_nobody_promised_is_told(tmp_path: Path, promise: Promised) -> None:
    found = recorded(tmp_path, "INTERNAL/INTERNAL")
    assert list(found.undocumented(promise)) == ["db_crash: PayOrder was told INTERNAL/INTERNAL, 2 times"]
