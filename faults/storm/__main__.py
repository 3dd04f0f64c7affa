"""`python -m faults.storm`: so many attempts to pay, while everything is killed in turn; a last line."""

import argparse
import asyncio
import logging
import sys
from pathlib import Path

import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from faults.__main__ import until_interrupted, world
from faults.report import Report
from faults.storm.run import Passed, storm
from faults.storm.told import Told
from faults.storm.wave import Shape


async def main(options: argparse.Namespace) -> Passed:
    """The storm, and what is said of it."""
    until_interrupted()
    columns = (TextColumn("attempts to pay"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("", total=options.attempts)

        def tick(told: Told) -> None:
            progress.update(bar, completed=told.attempts)

        async with world(["cut"], Report(options.out)) as made:
            shape = Shape(orders=options.orders)
            passed = await storm(made, options.attempts, options.every, tick, seed=options.seed, shape=shape)
    for said, times in sorted(passed.told.answers.items(), key=lambda one: -one[1]):
        print(f"{times:>12,}  {said}")
    print(f"{passed.told.replays:>12,}  of them replays, in {passed.seconds:,.0f} s")
    for text in passed.told.violations:
        print(text)
    for said, times in passed.told.unexplained.items():
        print(f"nobody could know that this may be told: {said}, {times} times")
    print(passed.last_line())
    return passed


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m faults.storm")
    parser.add_argument("--attempts", type=int, default=100_000, help="to pay an order; those in a batch count each")
    parser.add_argument("--every", type=float, default=5.0, help="so many seconds, something is killed")
    parser.add_argument("--orders", type=int, default=5_000, help="in a wave, each of which is asked for 40 times")
    parser.add_argument("--seed", type=int, default=1, help="what is killed, in which order")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parents[1] / "out", help="where the services' log goes"
    )
    return parser.parse_args()


if __name__ == "__main__":
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # it warns of each session that a crash has ended
    try:
        passed = uvloop.run(main(_options()))
    except asyncio.CancelledError:
        sys.exit("interrupted: what was started is stopped")
    sys.exit(0 if passed.clean else 1)
