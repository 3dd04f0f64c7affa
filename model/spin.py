"""spin: makes a search program of a model, runs it to its end, tells a violation as a story."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from model.runs import BREAKS, NOTHING_BREAKS, Run

HERE = Path(__file__).parent
TOOLS = ("spin", "cc")
DEEPEST = "-m6000000"
DEPTH = r"depth reached (\d+)"
# Room for the bookkeeping of fairness among up to 14 processes; for safety it is left out.
LIVENESS = ("-O2", "-DNFAIR=4")
SAFETY = ("-O2", "-DNOFAIR")
# Breadth first finds the shortest story; what is broken is found at once, so compiling is what takes the time.
SHORTEST = ("-O0", "-DNOFAIR", "-DBFS")
NOT_THE_STORY = ("Never claim", "ltl ", "spin:", "  the model", "  only one", "  choose", "  or use", "#processes")


class IncompleteError(Exception):
    """The search did not come to its end, or did not say how: nothing is known."""


@dataclass(frozen=True, slots=True)
class Found:
    """How a search ended."""

    run: Run
    result: str
    states: int
    depth: int
    took_s: float
    story: tuple[str, ...]

    @property
    def as_expected(self) -> bool:
        """Whether it ended as it must."""
        return self.result == self.run.expected


def missing() -> list[str]:
    """The tools that are not there."""
    return [tool for tool in TOOLS if shutil.which(tool) is None]


class Search:
    """A folder with the search programs made so far; `make` comes before the runs that share what it makes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def program(self, run: Run) -> Path:
        """Where the search program of the run is."""
        return self._folder / "_".join([run.file, *run.flags, *_how(run)])

    def make(self, run: Run) -> None:
        """Make the search program."""
        place = self.program(run)
        shutil.copytree(HERE, place, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        _run(place, "spin", "-a", *_defines(run), run.file)
        _run(place, "cc", *_how(run), "-w", "-o", "pan", "pan.c")

    def __call__(self, run: Run) -> Found:
        """Run it exhaustively, or until the first violation, whose trail lands in a folder of the run's own."""
        place = self.program(run) / (run.claim or "assert")
        shutil.copytree(HERE, place, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        begun = monotonic()
        out = _run(place, "../pan", *_options(run))
        took_s = monotonic() - begun
        result = result_of(out)
        story = _story(place, run) if result == BREAKS else ()
        return Found(run, result, _number(r"(\d+) states, stored", out), _number(DEPTH, out), took_s, story)


def result_of(out: str) -> str:
    """What a search program says; it has to say that it saw everything."""
    errors = _number(r"errors: (\d+)", out)
    if "max search depth too small" in out or "pan: out of memory" in out or "error: " in out:
        raise IncompleteError(out)
    if errors:
        return BREAKS
    if "Search not completed" in out:
        raise IncompleteError(out)
    return NOTHING_BREAKS


def _how(run: Run) -> Sequence[str]:
    if run.is_liveness:
        return LIVENESS
    return SHORTEST if run.expected == BREAKS else SAFETY


def _options(run: Run) -> list[str]:
    claim = ["-N", run.claim] if run.claim else []
    fair = ["-a", "-f"] if run.is_liveness else []
    return [*fair, DEEPEST, *claim]


def _defines(run: Run) -> list[str]:
    return [f"-D{flag}" for flag in run.flags]


def _story(place: Path, run: Run) -> tuple[str, ...]:
    """The steps of the violation that was just found, in words."""
    out = _run(place, "spin", *_defines(run), "-t", "-T", "-B", run.file)
    return tuple(line.strip() for line in out.splitlines() if line.strip() and not line.startswith(NOT_THE_STORY))


def _run(place: Path, *command: str) -> str:
    ended = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise IncompleteError(f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")
    return ended.stdout


def _number(pattern: str, out: str) -> int:
    found = re.search(pattern, out)
    if found is None:
        raise IncompleteError(f"it does not tell {pattern!r}:\n{out}")
    return int(found.group(1))
