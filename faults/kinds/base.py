"""What a kind of fault is."""

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:  # the stage knows the kinds' effects, not the kinds
    from faults.stage import Stage

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
        return [*self.front(), *self.middle(), *self.database()]

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


class Kind(Protocol):
    """One kind: `draw` decides about one fault before anything runs, `begin` and `end` carry it out."""

    name: str
    number: str  # in the catalogue
    about: str
    lasts_s: tuple[float, float]  # from, to
    exclusive: str  # two faults of the same name here are never planned for the same time; empty: they may meet
    habit: bool  # of all clients, all the time, and not planned

    def draw(self, random: Random, shape: Shape) -> Values:
        """Where, and how bad."""

    async def begin(self, stage: "Stage", values: Values) -> None:
        """Inject it."""

    async def end(self, stage: "Stage", values: Values) -> None:
        """Take it back."""


class Momentary:
    """For faults without an end of their own."""

    lasts_s = (0.0, 0.0)
    exclusive = ""
    habit = False

    async def end(self, stage: "Stage", values: Values) -> None:
        """Nothing is to be taken back."""
