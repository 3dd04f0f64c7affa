"""The cells as they end, a line each: a run that was stopped, in whatever way, can be gone on with."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from crashpoints.report import Row, Seen


def read(path: Path) -> list[Row]:
    """The cells of earlier runs. Those with a violation, too: what comes and goes must not be played away."""
    if not path.exists():
        return []
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [Row(**{**line, "seen": Seen(**line["seen"])}) for line in lines]


def begin(path: Path, rows: Sequence[Row]) -> None:
    """The file has these, and nothing else."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(map(_line, rows)))


def note(path: Path, row: Row) -> None:
    """One more."""
    with path.open("a") as kept:
        kept.write(_line(row))


def _line(row: Row) -> str:
    return json.dumps(asdict(row)) + "\n"
