"""`python -m simulation`: many seeds on every core; a violation is shrunk and told as a story.

Last line: `simulation: seeds=N steps=N crashes=N violations=0 commits=N seeds_per_s=N`; exit status 1 on any
violation. With `--keep` the first five are of all runs that were kept in that file, the last one is of this run.
"""

import argparse
import contextlib
import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from simulation.database import NOTHING
from simulation.portions import Kept, Portion, guarded, portions, work
from simulation.run import STEPS, Result, run
from simulation.shrink import Shrinker
from simulation.without import GUARDS
from tests.harness.commit import commits

TIME_WIDTH = 10  # of a line of the story
SHOWN = 3  # violations that are shrunk and told
INTERRUPTED = 130  # as a shell says it of SIGINT


def main() -> None:
    asked = _arguments()
    kept = Kept(asked.keep)
    before = sum(count.seeds for count in kept.counts)
    wanted = portions(range(asked.first, asked.first + asked.seeds), asked.steps, asked.without)
    begun = time.monotonic()
    was_interrupted = _run(kept.left(wanted), kept, asked.jobs, begun + 60 * asked.minutes)
    took_s = time.monotonic() - begun
    counts = kept.counts
    seeds, violated = sum(c.seeds for c in counts), sorted(seed for count in counts for seed in count.violated)
    with guarded(asked.without):
        for seed in violated[:SHOWN]:
            _show(seed, asked.steps)
    print(
        f"simulation: seeds={seeds} steps={sum(c.steps for c in counts)}"
        f" crashes={sum(c.crashes for c in counts)} violations={len(violated)}"
        f" commits={commits(count.commit for count in counts)}"
        f" seeds_per_s={(seeds - before) / took_s:.0f}"
    )
    sys.exit(1 if violated else INTERRUPTED if was_interrupted else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5000, help="how many (default: %(default)s)")
    parser.add_argument("--first", type=int, default=0, help="the first of them; with --seeds 1 a replay")
    parser.add_argument("--steps", type=int, default=STEPS, help="of a run under faults (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)")
    parser.add_argument("--keep", type=Path, help="a file for what was run; what stands there is not run again")
    parser.add_argument("--minutes", type=float, default=10**6, help="no longer than this, for now")
    parser.add_argument("--without", choices=GUARDS, help="take this guard away first, and see it found")
    asked = parser.parse_args()
    if asked.keep and asked.without:
        parser.error("only runs with every guard are kept")
    return asked


def _run(todo: list[Portion], kept: Kept, jobs: int, until: float) -> bool:
    """Until all is run, or the time is over, by time.monotonic, or somebody interrupts; whether somebody did."""
    if not todo:
        return False
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with (
        Progress(*columns, disable=not sys.stderr.isatty()) as bar,
        # Ctrl-C goes to all of them: it is for this one to end the others.
        multiprocessing.Pool(min(jobs, len(todo)), signal.signal, (signal.SIGINT, signal.SIG_IGN)) as pool,
        contextlib.suppress(KeyboardInterrupt),
    ):
        task = bar.add_task("seeds", total=sum(len(portion.seeds) for portion in todo))
        for count in pool.imap_unordered(work, todo):
            bar.advance(task, count.seeds)
            kept.add(count)
            if time.monotonic() > until:
                return False
        return False
    return True


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
