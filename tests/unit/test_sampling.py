"""Which calls begin a trace."""

import pytest

from shared.telemetry.sampling import Sampling


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Its only item is the time."""
    now = [1_000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def begun(one: Sampling, calls: int) -> int:
    return sum(one.begins() for _ in range(calls))


def test_a_ratio_that_is_set_is_kept_whatever_the_load() -> None:
    assert begun(Sampling(1.0), 1_000) == 1_000
    assert begun(Sampling(0.0), 1_000) == 0


def test_without_one_all_are_recorded_up_to_so_many_a_second(clock: list[float]) -> None:
    one = Sampling(a_second=5)
    assert begun(one, 1_000) == 5
    for _ in range(10):
        clock[0] += 1
        assert begun(one, 1_000) == 5


def test_idle_time_is_not_saved_up(clock: list[float]) -> None:
    one = Sampling(a_second=5)
    begun(one, 1_000)
    clock[0] += 3_600
    assert begun(one, 1_000) == 5
