"""What a round gave, and the median of several."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True, kw_only=True)
class Sample:
    """`cpu_s` is of the whole round and of what it left behind, by process; `done` is how many payments (or calls)."""

    rate: float
    done: int
    p50_ms: float | None = None
    p99_ms: float | None = None
    cpu_s: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Something to measure; `run` is one round."""

    name: str
    in_flight: int
    run: Callable[[], Sample]

    @property
    def key(self) -> str:
        return f"{self.name}@{self.in_flight}"


Results: TypeAlias = dict[str, dict[str, Any]]


def median(figure: Figure, samples: Sequence[Sample]) -> dict[str, Any]:
    """The figure for the report."""
    return {
        "name": figure.name,
        "in_flight": figure.in_flight,
        "rate": _median([s.rate for s in samples]),
        "p50_ms": _median([s.p50_ms for s in samples]),
        "p99_ms": _median([s.p99_ms for s in samples]),
        "cpu_us": {who: _median([s.cpu_s[who] / s.done * 1e6 for s in samples]) for who in samples[0].cpu_s},
        "rates": [round(s.rate, 1) for s in samples],
    }


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(statistics.median(known), 3) if known else None
