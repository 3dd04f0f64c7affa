"""What a kind of fault is."""

from random import Random
from typing import Protocol

from faults.planned import Shape, Values
from faults.stage import Stage


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

    async def begin(self, stage: Stage, values: Values) -> None:
        """Inject it."""

    async def end(self, stage: Stage, values: Values) -> None:
        """Take it back."""


class Momentary:
    """For faults without an end of their own."""

    lasts_s = (0.0, 0.0)
    exclusive = ""
    habit = False

    async def end(self, stage: Stage, values: Values) -> None:
        """Nothing is to be taken back."""
