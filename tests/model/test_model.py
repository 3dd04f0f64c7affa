"""The model, searched as `make model` does it; what the runner makes of a violation and of a search cut short."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from model.__main__ import last_line
from model.runs import GUARDS, NAIVE, NOTHING_BREAKS
from model.spin import Found, IncompleteError, Search, missing, result_of
from tests.harness import needs

ROOT = Path(__file__).parents[2]
CUT_SHORT = "error: max search depth too small\ndepth reached 99, errors: 0\n"


@pytest.fixture
def search(tmp_path: Path) -> Search:
    if absent := missing():
        needs.missing(f"{' and '.join(absent)}: the model needs spin and a C compiler")
    return Search(tmp_path)


@pytest.mark.usefixtures("search")
def test_all_of_it_ends_as_it_must() -> None:
    ended = subprocess.run([sys.executable, "-m", "model"], cwd=ROOT, capture_output=True, text=True, check=False)
    line = ended.stdout.splitlines()[-1]
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found = re.fullmatch(r"model: states=(\d+) violations=0 naive=double_charge_found guards=(\d+) caught=(\d+)", line)
    assert found, line
    assert found[2] == found[3] == str(len(GUARDS))
    assert int(found[1]) > 100_000


def test_a_violation_of_what_must_hold_is_none_of_what_was_expected(search: Search) -> None:
    run = replace(NAIVE[0], expected=NOTHING_BREAKS)
    search.make(run)
    found = search(run)
    assert not found.as_expected
    assert sum("debits the customer" in step for step in found.story) == 2


def test_the_last_line_counts_what_did_not_end_as_it_must() -> None:
    missed = [Found(run, NOTHING_BREAKS, 7, 1, 0.1, ()) for run in NAIVE]
    held = [Found(replace(run, expected=NOTHING_BREAKS), "broken", 7, 1, 0.1, ()) for run in NAIVE]
    assert last_line(held, missed, missed) == "model: states=14 violations=2 naive=NOT_FOUND guards=2 caught=0"


@pytest.mark.parametrize("out", [CUT_SHORT, "Search not completed, errors: 0", "pan: out of memory"])
def test_a_search_that_was_cut_short_proves_nothing(out: str) -> None:
    with pytest.raises(IncompleteError):
        result_of(out)
