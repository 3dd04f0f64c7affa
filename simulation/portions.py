"""Seeds in portions, one for a worker at a time; what came of each is kept, so that many runs add up."""

import contextlib
import gc
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from simulation.install import installed
from simulation.run import run
from simulation.without import without
from tests.harness.commit import commit

SIZE = 100  # seeds


@dataclass(frozen=True, slots=True)
class Portion:
    """A range of seeds for one worker."""

    seeds: range
    steps: int
    guard: str | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """What a portion was. `limit`: the steps that a seed might have under faults."""

    first: int
    seeds: int
    limit: int
    steps: int
    crashes: int
    violated: Sequence[int]
    commit: str = ""


def portions(seeds: range, steps: int, guard: str | None) -> list[Portion]:
    """All of them."""
    return [Portion(seeds[at : at + SIZE], steps, guard) for at in range(0, len(seeds), SIZE)]


def work(portion: Portion) -> Count:
    """Run the seeds of a portion."""
    gc.freeze()
    steps = crashes = 0
    violated = []
    with guarded(portion.guard):
        for seed in portion.seeds:
            result = run(seed, steps=portion.steps)
            steps += result.steps
            crashes += result.crashes
            if result.violations:
                violated.append(seed)
    return Count(portion.seeds.start, len(portion.seeds), portion.steps, steps, crashes, violated, commit())


@contextlib.contextmanager
def guarded(guard: str | None) -> Iterator[None]:
    """Everything installed; without one guard, if so."""
    with installed(), without(guard) if guard else contextlib.nullcontext():
        yield


class Kept:
    """A file with a line for each portion that was run. `None`: nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        lines = path.read_text().splitlines() if path and path.exists() else []
        self.counts = [Count(**json.loads(line)) for line in lines]

    def left(self, wanted: Sequence[Portion]) -> list[Portion]:
        """Those that don't stand there yet."""
        done = {(count.first, count.seeds, count.limit) for count in self.counts}
        return [one for one in wanted if (one.seeds.start, len(one.seeds), one.steps) not in done]

    def add(self, count: Count) -> None:
        """One more."""
        self.counts.append(count)
        if self._path:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a") as kept:
                kept.write(json.dumps(asdict(count)) + "\n")
