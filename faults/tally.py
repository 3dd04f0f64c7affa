"""What is added up over all seeds of a run."""

from collections import Counter

from faults.kinds import KINDS
from faults.run import Result


class Tally:
    """Counts, by name."""

    def __init__(self) -> None:
        self.injected: Counter[str] = Counter()  # kinds of faults
        self.habits: Counter[str] = Counter()  # seeds whose clients had it
        self.fired: Counter[str] = Counter()  # failpoints
        self.said: Counter[tuple[str, str]] = Counter()  # RPC and answer

    def add(self, result: Result) -> None:
        """One more seed."""
        self.injected.update(fault.kind for _, _, fault in result.injected)
        self.habits.update(name for name in result.plan.mix if KINDS[name].habit)
        self.fired.update(result.fired)
        self.said.update((call.rpc, call.said) for call in result.calls)
