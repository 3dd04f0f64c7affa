"""`python -m faults.soak`: load and healing faults for so many minutes, then everything is to be at rest as before."""

import argparse
import asyncio
import logging
import sys
from pathlib import Path

import uvloop
from rich.console import Console

from faults.__main__ import until_interrupted, world
from faults.report import Report
from faults.soak.report import Soaked, tables, write
from faults.soak.run import soak


async def main(options: argparse.Namespace) -> Soaked:
    """The soak, and what is said of it."""
    until_interrupted()
    console = Console(stderr=True)
    async with world(["cut"], Report(options.out)) as made:
        with console.status("") as status:
            soaked = await soak(made, options.seed, 60 * options.minutes, status.update)
    for table in tables(soaked):
        Console(width=120).print(table)
    for violation in soaked.violations:
        print(violation.text)
    print(f"every sample: {write(soaked, options.out)}")
    print(soaked.last_line())
    return soaked


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m faults.soak")
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "out", help="where the samples go")
    return parser.parse_args()


if __name__ == "__main__":
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # it warns of each session that a crash has ended
    try:
        soaked = uvloop.run(main(_options()))
    except asyncio.CancelledError:
        sys.exit("interrupted: what was started is stopped")
    sys.exit(0 if soaked.clean else 1)
