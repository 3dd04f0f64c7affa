"""From a run that violates something to the smallest that still does: fewer operations, then fewer choices.

Delta debugging (Zeller): leave out halves, then quarters, and so on, and keep what still fails in the same way. A
choice that is left out is the ordinary one: the oldest event first, no fault.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from simulation.chance import Choices
from simulation.plan import Plan
from simulation.run import Result, run

T = TypeVar("T")
RUNS = 3000  # at most; each takes milliseconds


class Shrinker:
    """Looks for a smaller run that breaks the same invariant."""

    def __init__(self, found: Result, *, steps: int, runs: int = RUNS) -> None:
        self._steps = steps
        self._left = runs
        self._kind = kind_of(found)
        self.best = found

    def shrink(self) -> Result:
        """The smallest that was found. It is a run of kept choices alone, and always the same one."""
        if not self._try(self.best.plan, self.best.choices):
            return self.best  # it does not come back by its choices alone; the seed itself still shows it
        before = None
        while before != self._size() and self._left > 0:
            before = self._size()
            self._operations()
            self._choices()
        return self.best

    def _size(self) -> tuple[int, int]:
        return len(self.best.plan.operations), len(self.best.choices)

    def _operations(self) -> None:
        def fails(left: Sequence[int]) -> bool:
            gone = set(range(len(plan.operations))) - set(left)
            return self._try(plan.without(gone), self.best.choices)

        plan: Plan = self.best.plan
        smallest(range(len(plan.operations)), fails)

    def _choices(self) -> None:
        def fails(left: Sequence[tuple[tuple[str, int], int]]) -> bool:
            return self._try(self.best.plan, dict(left))

        smallest(sorted(self.best.choices.items()), fails)

    def _try(self, plan: Plan, choices: Choices) -> bool:
        if self._left <= 0:
            return False
        self._left -= 1
        result = run(self.best.seed, steps=self._steps, plan=plan, kept=choices)
        if kind_of(result) != self._kind:
            return False
        self.best = result
        return True


def kind_of(result: Result) -> str:
    """What is broken: the first word of the first violation."""
    return result.violations[0].partition(" ")[0] if result.violations else ""


def smallest(items: Sequence[T], fails: Callable[[Sequence[T]], bool]) -> list[T]:
    """A part of the items of which nothing can be left out, one by one, so that it still fails."""
    left = list(items)
    size = max(1, len(left) // 2)
    while left:
        at, shrunk = 0, False
        while at < len(left):
            fewer = left[:at] + left[at + size :]
            if fails(fewer):
                left, shrunk = fewer, True
            else:
                at += size
        if size == 1 and not shrunk:
            break
        size = max(1, size // 2)
    return left
