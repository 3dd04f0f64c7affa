"""A seed, worked out: values alone, for whoever draws them, and for whoever carries them out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from faults.stories import Habits

Values: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """How much there is of everything; known before anything runs."""

    payments: int
    orders: int
    customers: int
    merchants: int

    def links(self) -> list[str]:
        """The names of all links, as `Stage` has them."""
        return [name for names in self.places().values() for name in names]

    def places(self) -> dict[str, list[str]]:
        """The links, by what the services are linked with."""
        return {"callers": self.front(), "order_service": self.middle(), "database": self.database()}

    def front(self) -> list[str]:
        """From clients to services."""
        payments = [f"clients-payment-{i}" for i in range(self.payments)]
        return payments + [f"clients-order-{i}" for i in range(self.orders)]

    def middle(self) -> list[str]:
        """From service to service."""
        return [f"payment-{i}-order" for i in range(self.payments)]

    def database(self) -> list[str]:
        """From services to PostgreSQL."""
        payments = [f"payment-{i}-database" for i in range(self.payments)]
        return payments + [f"order-{i}-database" for i in range(self.orders)]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault."""

    at_s: float
    lasts_s: float
    kind: str
    values: Values

    def line(self) -> str:
        """For people."""
        values = " ".join(f"{name}={value}" for name, value in self.values.items())
        return f"{self.at_s:7.3f} s, for {self.lasts_s:5.3f} s: {self.kind} {values}"


@dataclass(frozen=True, slots=True)
class Plan:
    """A seed, worked out."""

    seed: int
    seconds: float
    rate: float
    shape: Shape
    clients: int
    settings: Mapping[str, str]
    habits: Habits
    mix: Mapping[str, float]
    faults: tuple[Fault, ...]
    place: str = ""  # where links are hit, when only there

    @property
    def alone(self) -> str:
        """The kind of fault, when there is only one in the mix."""
        return next(iter(self.mix)) if len(self.mix) == 1 else ""
