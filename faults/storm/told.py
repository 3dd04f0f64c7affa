"""What the callers of a storm were told, and what is wrong with it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from faults.documented import explained
from faults.history import Outcome

NAMED = 20  # violations that are told in full; all are counted


@dataclass(slots=True)
class Told:
    """Of the whole storm; of payments only those of the orders that are still asked about."""

    answers: Counter[str] = field(default_factory=Counter)  # by `RPC STATUS/REASON`; of a batch, each of its orders
    replays: int = 0
    payments: dict[str, str] = field(default_factory=dict)  # by order
    violations: list[str] = field(default_factory=list)
    found: int = 0
    unexplained: Counter[str] = field(default_factory=Counter)

    @property
    def attempts(self) -> int:
        """How often somebody asked for an order to be paid."""
        return self.answers.total()

    @property
    def answered(self) -> int:
        """How many of these were told OK."""
        return sum(times for said, times in self.answers.items() if said.endswith(" OK"))

    def paid(self, rpc: str, order_id: str, payment_id: str, *, replayed: bool) -> None:
        """An OK."""
        self.answers[f"{rpc} OK"] += 1
        self.replays += replayed
        first = self.payments.setdefault(order_id, payment_id)
        if first != payment_id:
            self.violate(f"I2 {order_id} was told of as paid by {first}, and by {payment_id}")

    def refused(self, rpc: str, order_ids: Iterable[str], status: str, reason: str) -> None:
        """Anything else; of a batch that failed, for each of its orders."""
        said = f"{rpc} {status}{'/' if reason else ''}{reason}"
        for order_id in order_ids:
            self.answers[said] += 1
            if not explained(rpc, status, reason):
                self.unexplained[said] += 1
            if Outcome.of(status, reason) is Outcome.REFUSED:  # everybody has money, and the orders are there
                self.violate(f"I14 {order_id}, which can be paid, was refused: {said}")

    def violate(self, text: str) -> None:
        """An invariant does not hold."""
        self.found += 1
        if len(self.violations) < NAMED:
            self.violations.append(text)
