"""What was seen, as a page that a person can read."""

import html
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from tests.harness.commit import commits

STYLE = """<!doctype html><meta charset="utf-8"><title>crash points</title>
<style>body{font:14px/1.4 system-ui,sans-serif;margin:2em;max-width:110em}table{border-collapse:collapse;margin:1em 0}
td,th{border:1px solid #ccc;padding:.25em .6em;text-align:left;vertical-align:top}th{background:#f2f2f2}
.bad{background:#fbb}summary{cursor:pointer}small{color:#666}</style>"""


class Mode(StrEnum):
    """What the caller does after the crash."""

    RETRY = "retry"
    NO_RETRY = "no retry"
    TWO_RETRIES = "two concurrent retries"


@dataclass
class Seen:
    """What was observed in one cell: what the caller was told, and how things stood."""

    first: str = ""
    at_crash: str = ""
    second: str = ""  # of a pair: what was told at the second crash, or that it never came
    retry: list[str] = field(default_factory=list)
    after: str = ""

    def __str__(self) -> str:
        told = [self.first, self.second, "then " + ", ".join(self.retry) if self.retry else ""]
        stands = [self.at_crash and f"at the crash: {self.at_crash}", self.after and f"in the end: {self.after}"]
        return "; ".join(part for part in (*told, *stands) if part)


Cell = tuple[str, str, str]  # request, point or points, mode


@dataclass
class Row:
    """One cell. `where` is a point, or two; `reached` how many of them killed; `fault` the catalogue's number."""

    way: str
    where: str
    mode: str
    seen: Seen
    reached: int
    took_s: float = 0.0
    violation: str = ""
    rpc: str = ""
    fault: str = ""
    commit: str = ""  # that it was played at

    @property
    def cell(self) -> Cell:
        """Which one it is."""
        return self.way, self.where, self.mode


def summary(rows: Sequence[Row]) -> str:
    """The last line."""
    singles = [row for row in rows if row.mode != PAIR]
    return (
        f"crash points: cells={len(singles)} reached={sum(row.reached for row in singles)} "
        f"violations={sum(bool(row.violation) for row in rows)} pairs={len(rows) - len(singles)} "
        f"commits={commits(row.commit for row in rows)}"
    )


PAIR = "two crashes"
NOT_REACHED = "not reached"


def write(rows: Sequence[Row], ran: str, path: Path) -> None:
    """The whole matrix for people; beside it `.md`, the summary. `ran`: what, and when."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = [STYLE, f"<h1>Crash points</h1><p><code>{html.escape(ran)}</code></p><p>{summary(rows)}</p>"]
    parts += [_violations(rows), _table(HEADS, [[html.escape(cell) for cell in line] for line in counts(rows)])]
    for way in dict.fromkeys(row.way for row in rows):
        of_way = [row for row in rows if row.way == way]
        parts += [f"<h2>{html.escape(way)}</h2>", _matrix(of_way), _pairs(of_way), _never(of_way)]
    path.write_text("\n".join(part for part in parts if part))
    lines = [HEADS, ["---"] * len(HEADS), *counts(rows)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    path.with_suffix(".md").write_text(f"`{ran}`\n\n{table}\n\n`{summary(rows)}`\n")


def _violations(rows: Iterable[Row]) -> str:
    bad = [row for row in rows if row.violation]
    lines = [f"<li>{html.escape(f'{row.way}, {row.where}, {row.mode}: {row.violation}')}" for row in bad]
    return f"<h2>Violations</h2><ul class=bad>{''.join(lines)}</ul>" if bad else ""


def counts(rows: Iterable[Row]) -> list[tuple[str, ...]]:
    """For each request: cells that died by mode, cells not reached, pairs, pairs that died twice, violations."""
    found: dict[str, Counter[str]] = {}
    for row in rows:
        of_way = found.setdefault(row.way, Counter())
        of_way[row.mode] += 1
        of_way["twice"] += row.mode == PAIR and row.reached == 2  # noqa: PLR2004
        of_way["violations"] += bool(row.violation)
    columns = [*Mode, NOT_REACHED, PAIR, "twice", "violations"]
    return [(way, *(str(of_way[column]) for column in columns)) for way, of_way in found.items()]


HEADS = ("request", *Mode, "points not reached", "pairs", "died twice", "violations")


def _matrix(rows: Sequence[Row]) -> str:
    cells = {(row.where, row.mode): _cell(row) for row in rows if row.mode in list(Mode)}
    points = dict.fromkeys(where for where, _ in cells)
    lines = [[html.escape(point), *(cells.get((point, mode), "") for mode in Mode)] for point in points]
    return _table(("point", *Mode), lines) if lines else ""


def _cell(row: Row) -> str:
    text = html.escape(row.violation or str(row.seen))
    return f"<span class=bad>{text}</span>" if row.violation else text


def _pairs(rows: Sequence[Row]) -> str:
    lines = [[html.escape(row.where), str(row.reached), _cell(row)] for row in rows if row.mode == PAIR]
    table = _table(("first, then second", "crashes", "seen"), lines)
    return f"<details><summary>{len(lines)} pairs</summary>{table}</details>" if lines else ""


def _never(rows: Sequence[Row]) -> str:
    names = [html.escape(row.where) for row in rows if row.mode == NOT_REACHED]
    text = ", ".join(names)
    return (
        f"<details><summary>{len(names)} points not reached, as written down</summary>{text}</details>" if names else ""
    )


def _table(heads: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{html.escape(name)}" for name in heads)
    return f"<table><tr>{head}" + "".join("<tr>" + "".join(f"<td>{c}" for c in line) for line in lines) + "</table>"
