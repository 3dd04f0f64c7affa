"""What must be back where it was when everything is at rest again, and by how much it may be more."""

from collections.abc import Iterator, Mapping

from faults.baseline import limits
from faults.checks.base import Violation
from faults.planned import Shape
from faults.soak.gauge import SERVICES, Key

# By so much a process may have grown: an allocator keeps what a herd once needed, and does not need it again.
RSS_BOUND_MIB = 32.0
BOUNDS = {
    "fds": 0.0,
    "tasks": 0.0,
    "connections": 0.0,
    "transactions": 0.0,
    "advisory": 0.0,
    "locks": 0.0,
    "rss_mib": RSS_BOUND_MIB,
}  # and threads are shown, not bounded: a pool starts one when it is first needed, and keeps it


def full(rest: Mapping[Key, float], shape: Shape, settings: Mapping[str, str]) -> dict[Key, float]:
    """The baseline: what was held at rest, with every pool full.

    A pool opens a connection when it is needed for the first time, and keeps it. Which ones have been needed by now is
    chance, so the room that is left counts as taken.
    """
    allowed = list(limits(shape, settings).values())
    return {**rest, **{(who, "connections"): allowed[i] for i, who in enumerate(SERVICES)}}


def excess(baseline: Mapping[Key, float], end: Mapping[Key, float], what: str) -> float:
    """How much more there is than there was, in all services, of what there is more of."""
    return sum(max(0.0, end[key] - baseline[key]) for key in baseline if key[1] == what and key in end)


def judge(baseline: Mapping[Key, float], end: Mapping[Key, float]) -> Iterator[Violation]:
    """What did not come back, and what could not be looked at any more."""
    for key, before in baseline.items():
        who, what = key
        if key not in end:
            yield Violation(f"I20 {what} of {who} could not be had in the end")
        elif what in BOUNDS and end[key] > before + BOUNDS[what]:
            yield Violation(f"I20 {what} of {who}: {before:.4g} at rest before, {end[key]:.4g} after")
