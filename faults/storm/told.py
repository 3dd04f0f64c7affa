"""What the callers of a storm were told, and what is wrong with it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from faults.documented import explained
from faults.history import Outcome
from payonce.payment.v1 import payment_pb2

NAMED = 20  # violations that are told in full; all are counted


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order, as it was made."""

    order_id: str
    payer: str
    payee: str
    amount: int

    def is_of(self, payment: payment_pb2.Payment) -> bool:
        """Whether it is what was asked for (I7)."""
        return (
            (payment.order_id, payment.payer_account_id, payment.payee_account_id)
            == (self.order_id, self.payer, self.payee)
            and payment.amount.minor_units == payment.captured_amount.minor_units == self.amount
            and payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
        )


@dataclass(slots=True)
class Told:
    """Of the whole storm; of payments only those of the orders that are still asked about."""

    answered: Counter[str] = field(default_factory=Counter)  # with OK, by RPC; of a batch, each of its orders
    refused: Counter[str] = field(default_factory=Counter)  # or not answered; by RPC and what was said
    replays: int = 0
    payments: dict[str, payment_pb2.Payment] = field(default_factory=dict)  # by order, as it was told first
    violations: list[str] = field(default_factory=list)
    found: int = 0
    unexplained: Counter[str] = field(default_factory=Counter)

    @property
    def attempts(self) -> int:
        """How often somebody asked for an order to be paid."""
        return self.answered.total() + self.refused.total()

    @property
    def first(self) -> int:
        """OKs that were not marked as replays."""
        return self.answered.total() - self.replays

    def paid(self, rpc: str, order: Wanted, payment: payment_pb2.Payment, *, replayed: bool) -> None:
        """An OK. Whoever comes later is told the same, to the last field."""
        self.answered[rpc] += 1
        self.replays += replayed
        first = self.payments.setdefault(order.order_id, payment)
        if first is payment and not order.is_of(payment):
            self.violate(f"I7 {order} was told of as paid by {_line(payment)}")
        elif first.payment_id != payment.payment_id:
            self.violate(f"I2 {order.order_id} was told of as paid by {first.payment_id}, and by {payment.payment_id}")
        elif first != payment:
            self.violate(f"I13 of {order.order_id} was told {_line(first)}, and {_line(payment)}")

    def not_paid(self, rpc: str, order_ids: Iterable[str], status: str, reason: str) -> None:
        """Anything else; of a batch that failed, for each of its orders."""
        said = f"{status}{'/' if reason else ''}{reason}"
        for order_id in order_ids:
            self.refused[f"{rpc} {said}"] += 1
            if not explained(rpc, status, reason):
                self.unexplained[f"{rpc} {said}"] += 1
            self._grounds(order_id, status, reason)

    def not_paid_in_batch(self, order_id: str, status: str, reason: str) -> None:
        """One order of a batch that was answered: nothing but a service can have said that, so it gives a reason."""
        said = f"BatchPayOrders, one of it {status}/{reason}"
        self.refused[said] += 1
        if not reason or not explained("PayOrder", status, reason):
            self.unexplained[said] += 1
        self._grounds(order_id, status, reason)

    def violate(self, text: str) -> None:
        """An invariant does not hold."""
        self.found += 1
        if len(self.violations) < NAMED:
            self.violations.append(text)

    def _grounds(self, order_id: str, status: str, reason: str) -> None:
        if Outcome.of(status, reason) is Outcome.REFUSED:  # everybody has money, and the orders are there
            self.violate(f"`unfounded` {order_id}, which can be paid, was refused: {status}/{reason}")


def _line(payment: payment_pb2.Payment) -> str:
    return " ".join(str(payment).split())
