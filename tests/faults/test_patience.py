"""A limit is stretched on a machine that is busy with others, and not for ever."""

import time

import pytest

from faults.patience import STRETCH, Patience


def turns(monkeypatch: pytest.MonkeyPatch, took_s: float) -> int:
    """How many turns, each of which takes so long, 30 s are."""
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    waiting = Patience(30.0, turn_s=0.25)
    for turn in range(1, 10_000):
        now += took_s
        if waiting.over():
            return turn
    raise AssertionError("it is never over")


def test_a_limit_is_what_it_says_when_nobody_needs_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert turns(monkeypatch, 0.125) == 30 / 0.125 + 1


def test_what_a_turn_takes_too_long_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    assert turns(monkeypatch, 0.5) == 30 / 0.25 + 1


def test_it_is_over_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    assert turns(monkeypatch, 30.0) == STRETCH + 1
