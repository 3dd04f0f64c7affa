"""`python -m crashpoints`: the matrix, a report of it, and one last line. Exit 1 on any violation."""

import argparse
import asyncio
import shlex
import sys
import time
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from crashpoints import kept
from crashpoints.jobs import Job, Note
from crashpoints.matrix import Wanted, first, jobs
from crashpoints.places import misplaced
from crashpoints.report import Row, summary, write
from crashpoints.stage import Stage
from tests.harness.commit import commit
from tests.harness.postgres import Postgres

OUT = Path(__file__).parent / "out"
STAGES = 4  # a cell is mostly waiting: for a crash to be noticed, for the completer's turn
TOLD_EVERY = 200  # cells, where no bar can be shown
CELLS_OF_A_STAGE = 240  # each is audited whole, so a small one is quick


def main() -> None:
    given = _arguments()
    if wrong := misplaced():
        sys.exit("\n".join(["crash points: the matrix is not the code's:", *wrong]))
    report = OUT / f"{given.report}.html"
    lines = report.with_suffix(".jsonl")
    rows = kept.read(lines) if given.resume else []
    done = frozenset(row.cell for row in rows)
    wanted = Wanted(given.rpc, given.only, singles=given.pairs != "only", pairs=given.pairs != "none", done=done)
    todo = first(jobs(wanted), given.cells)
    if not todo:
        sys.exit(f"crash points: no cell is left that has rpc={given.rpc!r} and a point of {given.only!r}")
    kept.begin(lines, rows)
    began = time.monotonic()
    try:
        asyncio.run(run(todo, rows, lines, stages=given.stages))
    finally:  # also when it is interrupted: what was seen until then
        command = shlex.join(["python", "-m", "crashpoints", *sys.argv[1:]])
        write(rows, f"{command}, {datetime.now(UTC):%Y-%m-%d}, {time.monotonic() - began:.0f} s", report)
        print(f"the report: {report}")
        print(summary(rows))
    sys.exit(any(row.violation for row in rows))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m crashpoints", description=__doc__)
    parser.add_argument("--rpc", default="", help="only requests whose name begins so, say RefundPayment")
    parser.add_argument("--only", default="", help="only points with this in their name, say committed:")
    parser.add_argument("--pairs", choices=["none", "all", "only"], default="none", help="two crashes in a row, too")
    parser.add_argument("--stages", type=int, default=STAGES, help="how many play side by side")
    parser.add_argument("--resume", action="store_true", help="only what does not stand in the report's .jsonl yet")
    parser.add_argument("--cells", type=int, default=10**6, help="no more than about so many, for now")
    parser.add_argument("--report", default="crash-points", help="its name in crashpoints/out")
    return parser.parse_args()


async def run(todo: Sequence[Job], rows: list[Row], lines: Path, *, stages: int) -> None:
    """Play everything; `rows` gets what was seen, and so does the file `lines`, as cells end."""
    total = len(rows) + sum(map(len, todo))
    postgres = Postgres()
    OUT.mkdir(exist_ok=True)
    log = OUT / "services.log"
    log.unlink(missing_ok=True)
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("crash points", total=total, completed=len(rows))

        def note(row: Row) -> None:
            row.commit = commit()
            rows.append(row)
            kept.note(lines, row)
            bar.advance(task)
            if bar.disable and len(rows) % TOLD_EVERY == 0:
                print(f"{len(rows)} of {total}", flush=True)
            if row.violation:
                print(f"VIOLATION {row.way}, {row.where}, {row.mode}: {row.violation}\n    {row.seen}", flush=True)

        queue = deque(todo)
        try:
            await asyncio.gather(*(_worker(postgres, str(log), queue, note) for _ in range(stages)))
        finally:
            postgres.close()


async def _worker(postgres: Postgres, log: str, queue: deque[Job], note: Note) -> None:
    """One stage after the other: a new one after a violation, which the next audit would find again."""
    while queue:
        async with Stage(postgres, log).open() as stage:
            while queue and stage.played < CELLS_OF_A_STAGE:
                job = queue.popleft()
                stage.played += len(job)
                rest = await job.run(stage, note)
                if rest is not None:
                    queue.extendleft([rest] if len(rest) else [])
                    break


if __name__ == "__main__":
    main()
