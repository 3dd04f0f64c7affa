"""One short seed, end to end; and one whose databases are tampered with before they are judged."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from audit.databases import plain
from faults import run as running
from faults.__main__ import world
from faults.plan import plan
from faults.report import Report
from faults.stage import Stage
from tests.harness.services import ROOT

LAST = re.compile(
    r"faults: seeds=1 kills=(\d+) db_crashes=(\d+) ambiguous_commits=\d+ requests=(\d+) violations=0 unexplained=0"
)
KINDS = "kill_payment,kill_order,ambiguous_commit,db_frozen,db_crash,terminate_payment,terminate_order"
TAMPERED = {
    "I4": "UPDATE accounts SET balance_minor = balance_minor + 1 WHERE kind = 'merchant'",
    "I1": "DELETE FROM payments WHERE subject LIKE 'order:%' AND state IN ('succeeded', 'refunded', 'reversed')",
}


def test_a_short_seed_survives_and_says_so(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "faults",
        "--seeds",
        "33-33",
        "--seconds",
        "4",
        "--faults",
        KINDS,
    ]  # a seed that has them all
    done = subprocess.run(
        [*command, "--out", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    last = LAST.fullmatch(done.stdout.splitlines()[-1])
    assert last, done.stdout
    kills, crashes, requests = map(int, last.groups())
    assert kills > 0
    assert crashes > 0
    assert requests > 50
    page = (tmp_path / "latest.html").read_text()
    assert "<svg" in page
    assert all(f"<td>{name}</td>" in page for name in KINDS.split(","))
    assert "http" not in page  # nothing is fetched from anywhere


async def test_tampered_databases_are_found_with_seed_schedule_and_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = running._judge

    def tamper_and_judge(stage: Stage, result: Any) -> None:
        with psycopg.connect(plain(stage.urls["payments"])) as connection:
            connection.execute("SET session_replication_role = replica")  # no trigger fires
            for edit in TAMPERED.values():
                assert connection.execute(edit.encode()).rowcount > 0, edit
        judge(stage, result)

    monkeypatch.setattr(running, "_judge", tamper_and_judge)
    report = Report(tmp_path)
    async with world(["kill_payment"], report) as made:
        result = await running.run(made, plan(5, 2.0, ["kill_payment"]), lambda _: None)
    said = report.add(result)
    for invariant in TAMPERED:
        assert any(violation.text.startswith(invariant) for violation in result.violations), said
    assert not report.clean
    assert "seed 5" in said
    assert "kill_payment" in said  # the schedule
    assert re.search(r"PayOrder\(order_id: \"order-\d+\"\) -> ok OK", said)  # and the calls
    report.write()
    assert "class=bad" in (tmp_path / "latest.html").read_text()
