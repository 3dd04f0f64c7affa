"""What happens on the links."""

from random import Random

from faults.kinds.base import Momentary
from faults.link import BOTH, Link, Way
from faults.planned import Shape, Values
from faults.stage import Stage


class OnALink:
    """On any link."""

    exclusive = ""
    habit = False

    def draw(self, random: Random, shape: Shape) -> Values:
        return {"link": random.choice(shape.links())}


def _link(stage: Stage, values: Values) -> Link:
    return stage.links[values["link"]]


class LostReplies:
    """The work is done, and the caller never hears of it."""

    name, number = "lost_replies", "F12"
    about = "a proxy drops replies to clients, by breaking their connection"
    lasts_s = (0.3, 3.0)
    exclusive = ""
    habit = False

    def draw(self, random: Random, shape: Shape) -> Values:
        return {"link": random.choice(shape.front()), "probability": round(random.uniform(0.01, 0.3), 3)}

    async def begin(self, stage: Stage, values: Values) -> None:
        stage.replies[values["link"]].begin(values["probability"])

    async def end(self, stage: Stage, values: Values) -> None:
        stage.replies[values["link"]].end(values["probability"])


class Cut(Momentary, OnALink):
    """Every connection of a link breaks."""

    name, number = "cut", "F20"
    about = "all connections of a link break at once"

    async def begin(self, stage: Stage, values: Values) -> None:
        _link(stage, values).cut()


class Refused(OnALink):
    """Nobody gets through."""

    name, number = "refused", "F20"
    about = "all connections of a link break, and new ones are refused"
    lasts_s = (0.2, 2.5)

    async def begin(self, stage: Stage, values: Values) -> None:
        _link(stage, values).refusing = True
        _link(stage, values).cut()

    async def end(self, stage: Stage, values: Values) -> None:
        _link(stage, values).refusing = False


class Partition(OnALink):
    """As TCP has it: what is sent arrives when the network is whole again, often after its deadline (F13)."""

    name, number = "partition", "F20, F13"
    about = "a link is silent both ways; what was sent arrives afterwards, late"
    lasts_s = (0.3, 4.0)

    async def begin(self, stage: Stage, values: Values) -> None:
        _link(stage, values).hold(BOTH)

    async def end(self, stage: Stage, values: Values) -> None:
        _link(stage, values).release()


class OneWay(Partition):
    """The same in one direction."""

    name, number = "one_way", "F20, F13"
    about = "a link is silent one way; what was sent arrives afterwards, late"

    def draw(self, random: Random, shape: Shape) -> Values:
        return {**super().draw(random, shape), "way": random.choice(list(Way)).value}

    async def begin(self, stage: Stage, values: Values) -> None:
        _link(stage, values).hold(frozenset({Way(values["way"])}))


class HalfOpen(OnALink):
    """The other end is gone without a word."""

    name, number = "half_open", "F30"
    about = "the connections of a link go dead without being closed; new ones are well"
    lasts_s = (0.5, 4.0)

    def draw(self, random: Random, shape: Shape) -> Values:
        return {**super().draw(random, shape), "ways": random.choice(["there", "back", "both"])}

    async def begin(self, stage: Stage, values: Values) -> None:
        ways = values["ways"]
        _link(stage, values).deafen(BOTH if ways == "both" else frozenset({Way(ways)}))

    async def end(self, stage: Stage, values: Values) -> None:
        _link(stage, values).undeafen()


class Slow(OnALink):
    """Everything arrives, piece by piece."""

    name, number = "slow", "F23"
    about = "each piece on a link is delayed, up to a limit drawn for the fault"
    lasts_s = (0.5, 4.0)

    def draw(self, random: Random, shape: Shape) -> Values:
        return {**super().draw(random, shape), "slowest_s": round(random.uniform(0.005, 0.3), 3)}

    async def begin(self, stage: Stage, values: Values) -> None:
        _link(stage, values).pace = (Random(str(values)), values["slowest_s"])

    async def end(self, stage: Stage, values: Values) -> None:
        _link(stage, values).pace = None
        _link(stage, values).release()
