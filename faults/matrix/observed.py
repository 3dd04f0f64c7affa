"""What was told, from the lines that `make faults` and `make crash-points` keep."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faults.matrix.promised import Promised
from shared.errors import Reason
from shared.rpc.errors import STATUS_OF
from tests.harness.commit import UNKNOWN

PAIR, NOT_REACHED = "two crashes", "not reached"  # modes of crash points that are not a crash of their own


@dataclass(slots=True)
class Row:
    """One line of the matrix. `kind`: of the promise that it is held to. `place`: of the links that alone were hit."""

    kind: str
    place: str = ""
    times: int = 0  # faults injected, or crashes
    told: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))  # by RPC

    def add(self, rpc: str, said: str, count: int = 1) -> None:
        """Somebody was told so."""
        self.told[rpc][said] += count


@dataclass(slots=True)
class Observed:
    """All of it, and what it stands on."""

    kinds: dict[str, Row] = field(default_factory=dict)  # each alone, and at each place
    points: dict[tuple[str, str], Row] = field(default_factory=dict)  # by number in the catalogue, and service
    seeds: list[Mapping[str, Any]] = field(default_factory=list)  # lines of seeds with one kind of fault
    mixed: int = 0  # seeds with several, which are left out: whose doing an answer is can't be told
    cells: int = 0
    commits: set[str] = field(default_factory=set)  # of what is counted

    @property
    def answers(self) -> int:
        """How many are counted."""
        rows = [*self.kinds.values(), *self.points.values()]
        return sum(count for row in rows for said in row.told.values() for count in said.values())

    def undocumented(self, promise: Promised) -> Iterator[str]:
        """What nobody promised."""
        for name, row in self.named():
            for rpc, told in sorted(row.told.items()):
                for said, count in sorted(told.items()):
                    if not promise.allows(row.kind, rpc, said):
                        yield f"{name}: {rpc} was told {said}, {count} times"

    def violations(self) -> Iterator[str]:
        """What was found in the seeds with one kind of fault, and in which; of many the first of each sort."""
        for line in self.seeds:
            for text in line.get("violated", []):
                yield f"`{_name(line['kinds'][0], line.get('place'))}`, seed {line['seed']}: {text}"

    def named(self) -> Iterator[tuple[str, Row]]:
        """Every row with its name."""
        yield from self.kinds.items()
        yield from ((f"{fault} in {service}", row) for (fault, service), row in self.points.items())


def observed(files: Iterable[Path]) -> Observed:
    """Of lines of both sorts, in any of the files."""
    found = Observed()
    for file in files:
        for line in map(json.loads, file.read_text().splitlines()):
            (_add_seed if "seed" in line else _add_cell)(found, line)
    return found


def _add_seed(found: Observed, line: Mapping[str, Any]) -> None:
    kinds = line["kinds"]
    if len(kinds) != 1 or "answers" not in line:
        found.mixed += 1
        return
    found.seeds.append(line)
    found.commits.add(line.get("commit") or UNKNOWN)
    _row(found, kinds[0], line).times += line["faults"]
    for kind, by_rpc in line["answers"].items():
        row = _row(found, kind, line)
        for rpc, told in by_rpc.items():
            for said, count in told.items():
                row.add(rpc, said, count)


def _row(found: Observed, kind: str, line: Mapping[str, Any]) -> Row:
    place = line.get("place", "") if kind in line["kinds"] else ""
    return found.kinds.setdefault(_name(kind, place), Row(kind, place))


def _name(kind: str, place: str | None) -> str:
    return f"{kind}, {place}" if place else kind


def _add_cell(found: Observed, line: Mapping[str, Any]) -> None:
    if line["mode"] in (PAIR, NOT_REACHED) or not line.get("fault"):
        return
    found.cells += 1
    found.commits.add(line.get("commit") or UNKNOWN)
    service = line["where"].rpartition("(")[2].rstrip(")")
    kind = f"failpoint_{service.partition('_')[0]}"
    row = found.points.setdefault((line["fault"], service), Row(kind))
    row.times += 1
    row.add(line["rpc"], _status(line["seen"]["first"]))


def _status(said: str) -> str:
    """Crash points tell of an answer its reason alone, where there is one."""
    if said in Reason.__members__:
        return f"{STATUS_OF[Reason(said)].name}/{said}"
    return said
