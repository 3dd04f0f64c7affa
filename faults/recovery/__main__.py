"""`python -m faults.recovery`: break one thing after the other, and measure how long it takes and what is noticed."""

import argparse
import asyncio
import contextlib
import logging
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import uvloop
from rich.console import Console

from faults.__main__ import until_interrupted
from faults.recovery.confirmed import until_confirmed
from faults.recovery.figures import Figures
from faults.recovery.first import after_failovers, first_successes
from faults.recovery.fleet import Fleet
from faults.recovery.load import one_of_two_killed, rolling_restart, told_to_stop
from faults.recovery.report import last_line, tables, write
from faults.standby import Replicated

PARTS = ("first", "confirmed", "killed", "stopped", "rolling", "failover")
STOPS = 3


async def main(options: argparse.Namespace) -> Figures:
    """Measure, and say it."""
    until_interrupted()
    console = Console(stderr=True)
    async with fleet() as made:
        with console.status("") as status:
            figures = await measure(made, options, status.update)
    for table in tables(figures):
        Console(width=140).print(table)
    for one in figures.lost:
        print(f"lost: {one}")
    print(f"every figure: {write(figures, options.out)}")
    print(last_line(figures))
    return figures


async def measure(fleet: Fleet, options: argparse.Namespace, tick: Callable[[str], None]) -> Figures:
    """The parts that are wanted, one after the other."""
    figures = Figures()
    if "first" in options.only:
        figures.times += await first_successes(fleet, options.restarts, tick)
    if "confirmed" in options.only:
        figures.times += await until_confirmed(fleet, options.outages, options.lengths, tick)
    if "killed" in options.only:
        tick("one of two killed under load")
        await one_of_two_killed(fleet, options.seconds, figures)
    if "stopped" in options.only:
        for number in range(STOPS):
            tick(f"SIGTERM under load, {number + 1} of {STOPS}")
            await told_to_stop(fleet, options.seconds / STOPS, figures)
    if "rolling" in options.only:
        tick("rolling restart under load")
        await rolling_restart(fleet, options.seconds, figures)
    if "failover" in options.only:  # the last: from here on every commit waits for a standby
        figures.times += await after_failovers(fleet, options.restarts, tick)
    return figures


@contextlib.asynccontextmanager
async def fleet() -> AsyncIterator[Fleet]:
    """Everything runs, on a PostgreSQL of its own; it is gone afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="payonce-recovery-", ignore_cleanup_errors=True) as name,
        contextlib.ExitStack() as stack,
    ):
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL does not run as root, and must get in
        postgres = Replicated(folder)  # without a standby, until there is to be a failover
        await postgres.start()
        stack.callback(postgres.close)
        made = Fleet(postgres, "recovery")
        try:
            await made.start()
            yield made
        finally:
            await made.close()


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Of the command line."""
    parser = argparse.ArgumentParser(prog="python -m faults.recovery")
    parser.add_argument("--only", type=_parts, default=PARTS, help=f"some of {','.join(PARTS)}")
    parser.add_argument("--restarts", type=int, default=5, help="of each service, and crashes of the database")
    parser.add_argument("--seconds", type=float, default=6.0, help="of load before, during and after")
    parser.add_argument("--outages", type=int, default=32, help="how many; the 99th percentile wants 100")
    parser.add_argument("--lengths", type=_lengths, default=[0.5, 1.0, 2.0, 5.0, 12.0], help="how long they last, s")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "out", help="where the figures go")
    return parser.parse_args(arguments)


def _parts(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(PARTS):
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: not one of {', '.join(PARTS)}")
    return names


def _lengths(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]


if __name__ == "__main__":
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # it warns of each session that a crash has ended
    try:
        figures = uvloop.run(main(options()))
    except asyncio.CancelledError:
        sys.exit("interrupted: what was started is stopped")
    sys.exit(0 if figures.clean else 1)
