"""A run in which something never succeeds is no clean one, whatever each refusal said."""

from pathlib import Path

import pytest

from faults.history import Call, Outcome
from faults.plan import plan
from faults.report import Report
from faults.run import Result
from faults.tally import OFTEN


@pytest.mark.parametrize(
    ("stories", "outcome", "clean"),
    [(OFTEN, Outcome.REFUSED, False), (OFTEN - 1, Outcome.REFUSED, True), (OFTEN, Outcome.OK, True)],
)
def test_what_never_succeeds_is_found(stories: int, outcome: Outcome, clean: bool, tmp_path: Path) -> None:
    report = Report(tmp_path)
    half = stories // 2
    for seed, some in ((1, range(half)), (2, range(half, stories))):
        calls = [Call(story=i, rpc="Withdraw", request=None, begun_s=i, outcome=outcome) for i in some]
        report.add(Result(plan(seed, 1.0), calls=calls))
    assert report.clean == clean
    assert ("violations=0" in report.last_line()) == clean
