"""The run: what is printed, kept, and added up."""

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path

from faults.answers import answers
from faults.page import page, section
from faults.run import Result
from faults.tally import Tally
from faults.text import shown, told
from tests.harness.commit import commit

PICTURES = 40  # seeds that are kept with everything: the latest, and all that something was found in


class Report:
    """Of a run. `out` is the folder of `latest.html`, and of `seeds.jsonl`: a line for every seed ever run."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self._rows: list[Sequence[object]] = []
        self._sections: list[tuple[bool, str]] = []
        self._tally = Tally()
        self._totals = dict.fromkeys(
            ("kills", "db_crashes", "ambiguous_commits", "requests", "violations", "unexplained"), 0
        )
        self.infeasible: dict[str, str] = {}  # kinds of faults, and why they can't be injected here

    def add(self, result: Result) -> str:
        """What is to be said about a seed."""
        found = {
            "kills": result.kills,
            "db_crashes": result.counts["db_crashes"],
            "ambiguous_commits": result.ambiguous_commits,
            "requests": result.requests,
            "violations": len(result.violations),
            "unexplained": result.unexplained_answers,
        }
        for name, count in found.items():
            self._totals[name] += count
        self._rows.append(
            (result.plan.seed, result.requests, len(result.injected), result.kills, result.counts["db_crashes"],
             result.ambiguous_commits, result.replies_lost, result.answered_after_s, result.quiet_after_s,
             found["violations"], found["unexplained"])
        )  # fmt: skip
        self._keep(result)
        self._note(result, found)
        return told(result)

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self._totals["violations"] and not self._totals["unexplained"] and not self.barren()

    def barren(self) -> list[str]:
        """What never succeeded in the whole run, although it was tried often; each counts as a violation."""
        return [f"unfounded {rpc} was refused for good in every story of the run" for rpc in self._tally.barren()]

    def last_line(self) -> str:
        """The line for machines."""
        totals = self._totals | {"violations": self._totals["violations"] + len(self.barren())}
        return f"faults: seeds={len(self._rows)} " + " ".join(f"{name}={count}" for name, count in totals.items())

    def write(self) -> Path:
        """The HTML file."""
        path = self.out / "latest.html"
        sections = [text for _, text in self._sections]
        path.write_text(page(self.last_line(), self._rows, self._tally, sections, self.infeasible))
        return path

    def _keep(self, result: Result) -> None:
        """As it will stand in the report: a seed's calls are too many to keep those of hundreds."""
        self._tally.add(result)
        found_nothing = not result.violations and not result.unexplained
        self._sections.append((found_nothing, section(result)))
        clean = [one for one in self._sections if one[0]]
        if len(clean) > PICTURES:
            self._sections.remove(clean[0])

    def _note(self, result: Result, found: dict[str, int]) -> None:
        """Kept from run to run, so that totals can be had of many; written seed by seed, so that none is lost."""
        self.out.mkdir(parents=True, exist_ok=True)
        pays = sum(call.rpc == "PayOrder" for call in result.calls)
        plan = result.plan
        line = {
            "date": f"{dt.datetime.now(tz=dt.UTC):%Y-%m-%d}",
            "seed": plan.seed,
            "seconds": plan.seconds,
            "rate": plan.rate,
            **found,
            "pay_order_attempts": pays,
            "faults": len(result.injected),
            "parked": result.counts["parked"],
            "quiet_after_s": round(result.quiet_after_s, 2),
            "kinds": sorted(plan.mix),
            "place": plan.place,
            "answers": answers(result),
            "violated": [violation.text for violation in shown(result.violations)],
            "commit": commit(),
        }
        with (self.out / "seeds.jsonl").open("a") as seeds:
            seeds.write(json.dumps(line) + "\n")
