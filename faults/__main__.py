"""`python -m faults`: seed after seed, a progress bar, a report, a last line."""

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from faults.alone import each_alone
from faults.clock import Clock
from faults.database import Postgres
from faults.disk import Disk
from faults.kinds import KINDS
from faults.plan import plan
from faults.planned import Plan
from faults.processes import Nursery
from faults.report import Report
from faults.run import World, run
from faults.standby import Twins


async def main(options: argparse.Namespace) -> bool:
    """Every seed; whether nothing was found. SIGINT and SIGTERM end it tidily: CancelledError."""
    until_interrupted()
    report = Report(options.out)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    drawn = plans(options)
    async with world(options.faults, report) as made:
        with Progress(*columns, console=console, transient=True) as progress:
            bar = progress.add_task("", total=len(drawn))
            for one in drawn:

                def tick(what: str, seed: int = one.seed) -> None:
                    progress.update(bar, description=f"seed {seed}: {what}")

                result = await run(made, one, tick)
                progress.advance(bar)
                progress.console.print(report.add(result), highlight=False, soft_wrap=True)
    for line in report.barren():
        print(line)
    print(f"the report: {report.write()}")
    print(report.last_line())
    return report.clean


def plans(options: argparse.Namespace) -> list[Plan]:
    """What is to be run, in this order."""
    if options.alone:
        kinds = options.faults or KINDS
        return [one for seed in options.seeds for one in each_alone(list(kinds), seed, options.seconds, options.rate)]
    return [plan(seed, options.seconds, options.faults, options.rate) for seed in options.seeds]


def until_interrupted() -> None:
    """SIGINT and SIGTERM cancel the task that calls this."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101 - it is this one
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)


@contextlib.asynccontextmanager
async def world(wanted: Sequence[str], report: Report) -> AsyncIterator[World]:
    """What all seeds share, in a folder that is gone afterwards. `wanted` as of `plan`."""
    with (
        tempfile.TemporaryDirectory(prefix="payonce-faults-", ignore_cleanup_errors=True) as name,
        contextlib.ExitStack() as stack,
    ):
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL does not run as root, and must get in
        postgres = Postgres(folder)
        await postgres.start()
        disk = None
        if why := Disk.feasible():
            report.infeasible["disk_full"] = why
        elif not wanted or "disk_full" in wanted:
            disk = Disk(folder, postgres)
            stack.callback(disk.close)
        stack.callback(postgres.close)
        clock = None
        if why := Clock.feasible():
            report.infeasible["clock_jump"] = why
        else:
            clock = Clock(folder)
        twins = Twins(folder / "twins")
        stack.callback(twins.close)
        log = folder / "services.log"
        log.touch()
        nursery = Nursery(log)
        await nursery.start()
        try:
            yield World(postgres, twins, nursery, disk, clock, log, report.out)
        finally:
            await nursery.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m faults")
    parser.add_argument("--seeds", type=_seeds, default=_seeds("3"), help="how many, from 1 on; or a range such as 7-9")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each breaks things")
    parser.add_argument("--faults", type=_faults, default=[], help=f"all unless given: {','.join(KINDS)}")
    parser.add_argument("--rate", type=float, default=1.0, help="so many times as many faults as usual")
    parser.add_argument("--alone", action="store_true", help="each kind by itself, in a seed of its own")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out", help="where the report goes")
    return parser.parse_args()


def _seeds(text: str) -> range:
    first, dash, last = text.partition("-")
    found = range(int(first), int(last) + 1) if dash else range(1, int(first) + 1)
    if not found:
        raise argparse.ArgumentTypeError(f"{text} is no seed at all")
    return found


def _faults(text: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    if unknown := set(names) - KINDS.keys():
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: not one of {', '.join(KINDS)}")
    return names


if __name__ == "__main__":
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # it warns of each session that a crash has ended
    try:
        found_nothing = uvloop.run(main(_options()))
    except asyncio.CancelledError:
        sys.exit("interrupted: what was started is stopped")
    sys.exit(0 if found_nothing else 1)
