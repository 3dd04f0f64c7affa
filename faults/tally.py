"""What is added up over all seeds of a run."""

from collections import Counter

from faults.history import Outcome
from faults.kinds import KINDS
from faults.run import Result

MONEY = ("PayOrder", "AuthorizePayment", "CapturePayment", "VoidAuthorization", "PayWithTicket", "RefundPayment",
         "ReversePayment", "Deposit", "Withdraw")  # fmt: skip
OFTEN = 30  # stories in which it was answered for good: a few may well be all refused


class Tally:
    """Counts, by name."""

    def __init__(self) -> None:
        self.injected: Counter[str] = Counter()  # kinds of faults
        self.habits: Counter[str] = Counter()  # seeds whose clients had it
        self.fired: Counter[str] = Counter()  # failpoints
        self.said: Counter[tuple[str, str]] = Counter()  # RPC and answer
        self._answered: Counter[str] = Counter()  # stories in which an RPC was answered for good, with OK or not
        self._succeeded: Counter[str] = Counter()  # those with OK

    def add(self, result: Result) -> None:
        """One more seed."""
        self.injected.update(fault.kind for _, _, fault in result.injected)
        self.habits.update(name for name in result.plan.mix if KINDS[name].habit)
        self.fired.update(result.fired)
        self.said.update((call.rpc, call.said) for call in result.calls)
        for counted, outcomes in (
            (self._answered, (Outcome.OK, Outcome.REFUSED)),
            (self._succeeded, (Outcome.OK,)),
        ):
            counted.update(rpc for rpc, _ in {(c.rpc, c.story) for c in result.calls if c.outcome in outcomes})

    def barren(self) -> list[str]:
        """RPCs that move money and never did so, however often they were asked to."""
        return [rpc for rpc in MONEY if self._answered[rpc] >= OFTEN and not self._succeeded[rpc]]
