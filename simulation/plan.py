"""What the clients of a run will do: made of the seed alone, and shrunk operation by operation."""

import random
from dataclasses import dataclass, field

from simulation.nodes import PAYMENTS

PRICE = 100
ABSENT, OF_NOBODY = 99, 98  # numbers of two orders: of one that is not there, of one whose payer has no account
POISONS = 3
KINDS = {
    "pay": 8,
    "pay_wrong_amount": 1,
    "authorize": 2,
    "capture": 2,
    "void": 1,
    "cancel": 3,
    "reverse": 2,
    "refund_part": 3,
    "refund_rest": 2,
    "pay_ticket": 4,
    "reverse_ticket": 1,
    "deposit": 1,
    "pay_batch": 3,
}
SWARM = 0.35  # so much of the kinds above a seed has


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a client wants, sent to one payment_service and then the other until it is answered."""

    kind: str
    client: str
    subject: int  # which order, or which ticket; of a batch, which poison
    amount: int  # of a batch, where the poison stands
    nodes: tuple[str, str]
    tries: int  # a client who got no answer so often gives up; 0 never does
    pause_s: float  # before it begins

    def __str__(self) -> str:
        amount = f", {self.amount}" if self.amount else ""
        return f"{self.client}: {self.kind}({self.subject}{amount})"


@dataclass(slots=True)
class Plan:
    """Who is there, and who does what."""

    orders: int = 1
    customers: int = 1
    deposit: int = 1000
    tickets: int = 1
    ticket_ttl_s: float = 3600.0
    authorization_ttl_s: float = 3600.0
    operations: list[Operation] = field(default_factory=list)

    def without(self, gone: set[int]) -> "Plan":
        """The same with some operations left out."""
        left = [one for i, one in enumerate(self.operations) if i not in gone]
        return Plan(
            self.orders, self.customers, self.deposit, self.tickets, self.ticket_ttl_s, self.authorization_ttl_s, left
        )


def plan_of(seed: int) -> Plan:
    """The seed's plan. Few orders and customers, so that all meet at the same rows; some have too little money."""
    draw = random.Random(f"{seed}/plan")  # noqa: S311 - it must be repeatable
    plan = Plan(
        orders=draw.choice((1, 1, 1, 2)),
        customers=draw.choice((1, 2)),
        deposit=draw.choice((0, 100, 150, 250, 1000, 1000, 1000)),
        tickets=draw.choice((1, 2)),
        ticket_ttl_s=draw.choice((1.5, 3600.0)),
        authorization_ttl_s=draw.choice((1.0, 3600.0)),
    )
    kinds = {"pay": KINDS["pay"]} | {kind: n for kind, n in KINDS.items() if draw.random() < SWARM}
    for number in range(draw.randint(3, 12)):
        plan.operations.append(_operation(draw, plan, kinds, number))
    return plan


def _operation(draw: random.Random, plan: Plan, kinds: dict[str, int], number: int) -> Operation:
    kind = draw.choices(list(kinds), list(kinds.values()))[0]
    among = POISONS if kind == "pay_batch" else plan.tickets if kind.endswith("_ticket") else plan.orders
    first, second = draw.sample(PAYMENTS, 2)
    return Operation(
        kind,
        f"client-{number}",
        draw.randrange(among),
        draw.choice((30, 60, 100)) if kind in ("refund_part", "capture") else draw.randrange(3) * (kind == "pay_batch"),
        (first, second),
        draw.choice((0, 0, 1, 2)),
        draw.choice((0.0, 0.0, 0.01, 0.02, 0.04, 0.3, 2.0)),
    )
