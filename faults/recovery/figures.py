"""What is measured, and what it is held to."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest of them that so many are not above; of few, the highest."""
    return sorted(values)[max(0, math.ceil(part * len(values)) - 1)]


@dataclass(frozen=True, slots=True)
class Figure:
    """How many seconds something took, each time."""

    kind: str
    what: str
    seconds: Sequence[float]


@dataclass(frozen=True, slots=True)
class Window:
    """What callers were told of the calls that they began in a part of a run."""

    what: str
    statuses: dict[str, int]  # after retries
    p50_ms: float
    p99_ms: float

    @property
    def calls(self) -> int:
        """All of them."""
        return sum(self.statuses.values())

    @property
    def failed(self) -> int:
        """Those that were not told OK."""
        return self.calls - self.statuses.get("OK", 0)


@dataclass(slots=True)
class Figures:
    """Everything."""

    times: list[Figure] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    failed: int = 0  # of a rolling restart

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, and nothing failed that must not."""
        return not self.lost and not self.failed
