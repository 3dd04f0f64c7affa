"""What clients do to a service."""

from random import Random

from faults.kinds.base import Momentary
from faults.planned import Shape, Values
from faults.stage import Stage


class Herd(Momentary):
    """Many clients come at once: queues and pools fill up."""

    name, number = "herd", "F25, F19"
    about = "many more clients at once, for a story each"

    def draw(self, random: Random, shape: Shape) -> Values:  # noqa: ARG002
        return {"clients": random.choice((100, 200, 400))}

    async def begin(self, stage: Stage, values: Values) -> None:
        stage.herd(values["clients"])


class _Habit(Momentary):
    habit = True

    def draw(self, random: Random, shape: Shape) -> Values:  # noqa: ARG002
        return {}

    async def begin(self, stage: Stage, values: Values) -> None:
        """Nothing: it is in the stories."""


class Cancels(_Habit):
    """In the stories: `Ask.cancel_after_s`."""

    name, number = "client_cancels", "F14"
    about = "callers hang up in mid-call"


class Duplicates(_Habit):
    """In the stories: `Ask.twice`."""

    name, number = "duplicates", "F13"
    about = "requests are sent to both processes at the same time"
