"""`python -m faults.storm`: so many attempts to pay, while everything is killed in turn; a last line."""

import argparse
import asyncio
import contextlib
import logging
import math
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from faults.__main__ import until_interrupted, world
from faults.report import Report
from faults.storm.ground import Ground
from faults.storm.run import Passed, storm
from faults.storm.wave import Shape

COLUMNS = (TextColumn("attempts to pay"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())


async def main(options: argparse.Namespace) -> Passed:
    """The storm, and what is said of it, also when it is broken off."""
    until_interrupted()
    passed = Passed()
    try:
        async with world(["cut"], Report(options.out)) as made:
            ground = Ground(made.postgres, made.nursery, Random(options.seed))
            try:
                with _progress(passed, options.attempts) as tick:
                    shape = Shape(orders=options.orders)
                    limit_s = 60 * options.minutes
                    await storm(
                        ground, options.attempts, options.every, passed, shape=shape, tick=tick, limit_s=limit_s
                    )
            finally:
                await ground.close()
                if not passed.clean:
                    options.out.mkdir(exist_ok=True)
                    print(f"what the services logged: {shutil.copy(made.log, options.out / 'storm.log')}")
    finally:
        for line in lines(passed):
            print(line)
    return passed


def lines(passed: Passed) -> Iterator[str]:
    """For people; the last one also for machines."""
    told = passed.told
    said = [(times, f"{rpc} OK") for rpc, times in told.answered.items()]
    said += [(times, what) for what, times in told.refused.items()]
    for times, what in sorted(said, reverse=True):
        yield f"{times:>12,}  {what}"
    yield f"{told.replays:>12,}  of these marked as replays, in {passed.seconds:,.0f} s"
    yield from told.violations
    for what, times in told.unexplained.items():
        yield f"nobody could know that this may be told: {what}, {times} times"
    yield passed.last_line()


@contextlib.contextmanager
def _progress(passed: Passed, attempts: int) -> Iterator[Callable[[], None]]:
    with Progress(*COLUMNS, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("", total=attempts)
        yield lambda: progress.update(bar, completed=passed.told.attempts)


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Of the command line."""
    parser = argparse.ArgumentParser(prog="python -m faults.storm")
    parser.add_argument(
        "--attempts", type=int, default=100_000, help="to pay an order, at least; in a batch each counts"
    )
    parser.add_argument("--every", type=float, default=2.0, help="so many seconds after the last, something is killed")
    parser.add_argument("--orders", type=int, default=2_500, help="in a wave, each of which is asked for 40 times")
    parser.add_argument("--minutes", type=float, default=math.inf, help="after these no new wave begins")
    parser.add_argument("--seed", type=int, default=1, help="what is killed, in which order")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parents[1] / "out", help="for the log, if it is wanted"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # it warns of each session that a crash has ended
    try:
        passed = uvloop.run(main(options()))
    except asyncio.CancelledError:
        sys.exit("interrupted: what was started is stopped")
    sys.exit(0 if passed.clean else 1)
