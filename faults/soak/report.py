"""What is said of a soak."""

import json
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from faults.checks.base import Violation
from faults.soak.bounds import BOUNDS, excess, judge
from faults.soak.gauge import Key, Sample

ROWS = 12
OVER_TIME = ("connections", "transactions", "advisory", "locks", "fds", "tasks", "threads", "rss_mib")


@dataclass(frozen=True, slots=True)
class Soaked:
    """What was held, from the first rest to the last."""

    seconds: float
    requests: int
    faults: Counter[str]
    samples: Sequence[Sample]
    baseline: Mapping[Key, float]
    end: Mapping[Key, float]
    violations: Sequence[Violation]

    @property
    def clean(self) -> bool:
        """Whether all of it is back."""
        return not self.violations

    def last_line(self) -> str:
        """The line for machines: by how much more there was in the end."""
        more = {what: excess(self.baseline, self.end, what) for what in BOUNDS}
        locks = more["locks"] + more["advisory"]
        return (
            f"soak: minutes={self.seconds / 60:g} requests={self.requests} fds=+{more['fds']:.0f}"
            f" connections=+{more['connections']:.0f} locks=+{locks:.0f} rss_mib=+{more['rss_mib']:.0f}"
            f" violations={len(self.violations)}"
        )


def tables(soaked: Soaked) -> Iterator[Table]:
    """For people."""
    over_time = Table("at, s", *OVER_TIME, title="all services together, over time")
    step = max(1, len(soaked.samples) // ROWS)
    for sample in soaked.samples[::step]:
        over_time.add_row(f"{sample.at_s:.0f}", *(_number(sample.total(what)) for what in OVER_TIME))
    yield over_time
    each = Table("whose", "what", "baseline", "median", "highest", "in the end", "may be more by", title="each")
    found = list(judge(soaked.baseline, soaked.end))
    for (who, what), before in sorted(soaked.baseline.items()):
        values = [sample.values[who, what] for sample in soaked.samples if (who, what) in sample.values]
        bound = _number(BOUNDS.get(what)) if what in BOUNDS else "not bounded"
        numbers = (before, statistics.median(values), max(values), soaked.end.get((who, what)))
        wrong = any(one.text.startswith(f"I20 {what} of {who}") for one in found)
        each.add_row(who, what, *map(_number, numbers), bound, style="red" if wrong else "")
    yield each
    faults = Table("fault", "times", title="what was injected, and healed")
    for name, times in sorted(soaked.faults.items()):
        faults.add_row(name, str(times))
    if soaked.faults:
        yield faults


def write(soaked: Soaked, out: Path) -> Path:
    """Every sample."""
    out.mkdir(exist_ok=True)
    path = out / "soak.json"
    said = {
        "last_line": soaked.last_line(),
        "violations": [one.text for one in soaked.violations],
        "faults": soaked.faults,
        "baseline": _flat(soaked.baseline),
        "end": _flat(soaked.end),
        "samples": [{"at_s": round(sample.at_s, 2), **_flat(sample.values)} for sample in soaked.samples],
    }
    path.write_text(json.dumps(said, indent=1))
    return path


def _flat(values: Mapping[Key, float]) -> dict[str, float]:
    return {" ".join(key): round(value, 1) for key, value in values.items()}


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"
