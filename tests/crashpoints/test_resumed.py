"""A run that was stopped goes on with what is left, and what was wrong before stays counted."""

from pathlib import Path

from crashpoints import kept
from crashpoints.jobs import Job
from crashpoints.matrix import Wanted, first, jobs
from crashpoints.places import BY_ITSELF, reached
from crashpoints.report import NOT_REACHED, PAIR, Mode, Row, Seen, summary
from crashpoints.ways import BY_NAME

WITHDRAW = Wanted("Withdraw", singles=False, pairs=True)


def cells(found: list[Job]) -> int:
    return sum(map(len, found))


def test_what_was_played_is_left_out(tmp_path: Path) -> None:
    points = reached("Withdraw")
    names = [f"{point.name} ({point.service})" for point in points]
    rows = [Row("Withdraw", f"{names[0]} → {second}", PAIR, Seen("UNAVAILABLE"), 2) for second in names]
    rows[0].violation = "it did not die"
    path = tmp_path / "pairs.jsonl"
    kept.begin(path, [])
    for row in rows:
        kept.note(path, row)
    found = kept.read(path)
    assert found == rows
    assert "violations=1" in summary(found)
    left = Wanted("Withdraw", singles=False, pairs=True, done=frozenset(row.cell for row in found))
    assert cells(jobs(WITHDRAW)) == len(points) ** 2
    assert cells(jobs(left)) == len(points) ** 2 - len(points)


def test_totals_tell_of_how_many_commits_they_are(tmp_path: Path) -> None:
    path = tmp_path / "cells.jsonl"
    places = ("claim", "flip", "seal", "turn")
    rows = [Row("Withdraw", where, PAIR, Seen(), 2, commit=at) for where, at in zip(places, "aab", strict=False)]
    kept.begin(path, rows)
    before = Row("Withdraw", places[-1], PAIR, Seen(), 2)  # as lines were before the commit was noted
    kept.note(path, before)
    assert kept.read(path) == [*rows, before]
    assert summary(kept.read(path)).endswith(" commits=3")


def test_single_crashes_and_points_that_are_not_reached_are_left_out_too() -> None:
    singles = Wanted("Withdraw")
    point = f"{reached('Withdraw')[0].name} (payment_service)"
    one = Row("Withdraw", point, Mode.RETRY, Seen(), 1)
    other = Row("Withdraw", "claim_inserted (payment_service)", NOT_REACHED, Seen(), 0)
    left = Wanted("Withdraw", done=frozenset({one.cell, other.cell}))
    assert cells(jobs(left)) == cells(jobs(singles)) - 2
    assert cells(jobs(singles)) > len(Mode) * len(BY_ITSELF)


def test_a_slice_is_whole_jobs() -> None:
    todo = jobs(Wanted(BY_NAME["PayOrder"].name, singles=False, pairs=True))
    assert cells(first(todo, 1)) == 24
    assert cells(first(todo, 25)) == 48
    assert first(todo, 10**6) == todo
    assert kept.read(Path("no-such-file.jsonl")) == []
