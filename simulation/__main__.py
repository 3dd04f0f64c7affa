"""`python -m simulation`: many seeds on every core; a violation is shrunk and told as a story.

Last line: `simulation: seeds=N steps=N crashes=N violations=0 seeds_per_s=N`; exit status 1 on any violation.
"""

import argparse
import contextlib
import gc
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from simulation.database import NOTHING
from simulation.install import installed
from simulation.run import STEPS, Result, run
from simulation.shrink import Shrinker
from simulation.without import GUARDS, without

PORTION = 100  # seeds that a worker takes at a time
TIME_WIDTH = 10  # of a line of the story
SHOWN = 3  # violations that are shrunk and told


@dataclass(frozen=True, slots=True)
class Portion:
    """A range of seeds for one worker."""

    seeds: range
    steps: int
    guard: str | None


@dataclass(frozen=True, slots=True)
class Count:
    """What a portion was."""

    seeds: int
    steps: int
    crashes: int
    violated: list[int]


def main() -> None:
    asked = _arguments()
    seeds = range(asked.first, asked.first + asked.seeds)
    portions = [Portion(seeds[at : at + PORTION], asked.steps, asked.without) for at in range(0, len(seeds), PORTION)]
    begun = time.monotonic()
    counts = list(_counted(portions, asked.jobs, len(seeds)))
    took_s = time.monotonic() - begun
    violated = sorted(seed for count in counts for seed in count.violated)
    with _guarded(asked.without):
        for seed in violated[:SHOWN]:
            _show(seed, asked.steps)
    print(
        f"simulation: seeds={sum(c.seeds for c in counts)} steps={sum(c.steps for c in counts)}"
        f" crashes={sum(c.crashes for c in counts)} violations={len(violated)}"
        f" seeds_per_s={len(seeds) / took_s:.0f}"
    )
    sys.exit(1 if violated else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5000, help="how many (default: %(default)s)")
    parser.add_argument("--first", type=int, default=0, help="the first of them; with --seeds 1 a replay")
    parser.add_argument("--steps", type=int, default=STEPS, help="of a run under faults (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)")
    parser.add_argument("--without", choices=GUARDS, help="take this guard away first, and see it found")
    return parser.parse_args()


def _counted(portions: list[Portion], jobs: int, seeds: int) -> Iterator[Count]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with (
        Progress(*columns, disable=not sys.stderr.isatty()) as bar,
        multiprocessing.Pool(min(jobs, len(portions))) as pool,
    ):
        task = bar.add_task("seeds", total=seeds)
        for count in pool.imap_unordered(work, portions):
            bar.advance(task, count.seeds)
            yield count


def work(portion: Portion) -> Count:
    """Run the seeds of a portion."""
    gc.freeze()
    steps = crashes = 0
    violated = []
    with _guarded(portion.guard):
        for seed in portion.seeds:
            result = run(seed, steps=portion.steps)
            steps += result.steps
            crashes += result.crashes
            if result.violations:
                violated.append(seed)
    return Count(len(portion.seeds), steps, crashes, violated)


@contextlib.contextmanager
def _guarded(guard: str | None) -> Iterator[None]:
    """Everything installed; without one guard, if so."""
    with installed(), without(guard) if guard else contextlib.nullcontext():
        yield


def _show(seed: int, steps: int) -> None:
    """The seed's violations, the smallest run that has one, and its story."""
    found = run(seed, steps=steps)
    print(f"\nseed {seed}: {len(found.plan.operations)} operations, {len(found.choices)} choices")
    for line in found.violations:
        print(f"  {line}")
    small: Result = Shrinker(found, steps=steps).shrink()
    told = run(seed, steps=steps, plan=small.plan, kept=small.choices, tell=True)
    print(f"shrunk to {len(small.plan.operations)} operations, {len(small.choices)} choices:")
    for operation in small.plan.operations:
        print(f"  {operation}")
    print("\n".join(_without_idle_turns(told.story)))
    for line in told.violations:
        print(f"  VIOLATION {line}")


def _without_idle_turns(story: list[str]) -> list[str]:
    """Completers look for work twice a second; where they find none they tell nothing."""
    left: list[str] = []
    for line in story:
        if not line.endswith(NOTHING):
            left.append(line)
            continue
        who = line[TIME_WIDTH : -len(NOTHING)]
        mine = [i for i, earlier in enumerate(left) if earlier[TIME_WIDTH:].startswith(who)]
        if mine and left[mine[-1]].endswith(("take_due", "expired")):
            del left[mine[-1]]
    return left


if __name__ == "__main__":
    main()
