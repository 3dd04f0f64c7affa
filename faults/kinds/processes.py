"""What happens to the services' processes."""

import signal
from functools import cache
from random import Random

from crashpoints.places import READS
from crashpoints.points import points
from faults.calls import REQUESTS
from faults.kinds.base import Momentary
from faults.planned import Shape, Values
from faults.processes import Service
from faults.stage import Stage


@cache
def failpoints(which: str) -> list[str]:
    """Those of a service, read from its code, but for those of methods that no story asks for."""
    unasked = {method for methods in READS.values() for method in methods} - REQUESTS.keys()
    names = sorted(point.name for point in points() if point.service == f"{which}_service")
    return [name for name in names if name.partition(":")[2] not in unasked]


def _draw(which: str, random: Random, shape: Shape) -> Values:
    return {"service": which, "process": random.randrange(shape.payments if which == "payment" else shape.orders)}


def _service(stage: Stage, values: Values) -> Service:
    return stage.services[values["service"]][values["process"]]


class Kill(Momentary):
    """SIGKILL at a random moment; it is started again at once."""

    number = "F1-F11"

    def __init__(self, which: str) -> None:
        self._which = which
        self.name = f"kill_{which}"
        self.about = f"SIGKILL of one {which}_service at a random moment"

    def draw(self, random: Random, shape: Shape) -> Values:
        return _draw(self._which, random, shape)

    async def begin(self, stage: Stage, values: Values) -> None:
        _service(stage, values).send(signal.SIGKILL)


class Failpoint:
    """Killed and started again with a failpoint, at which it kills itself; if it never gets there, it is killed."""

    number = "F1-F11"
    lasts_s = (0.5, 2.5)
    habit = False

    def __init__(self, which: str) -> None:
        self._which = which
        self.name = f"failpoint_{which}"
        self.about = f"one {which}_service kills itself at a failpoint (docs/failpoints.md)"
        self.exclusive = self.name

    def draw(self, random: Random, shape: Shape) -> Values:
        return {**_draw(self._which, random, shape), "failpoint": random.choice(failpoints(self._which))}

    async def begin(self, stage: Stage, values: Values) -> None:
        _service(stage, values).arm(values["failpoint"])

    async def end(self, stage: Stage, values: Values) -> None:
        _service(stage, values).disarm()


class Stop:
    """SIGSTOP, later SIGCONT: in mid-transaction, for all the others know."""

    number = "F21"
    lasts_s = (0.2, 3.0)
    exclusive = ""
    habit = False

    def __init__(self, which: str) -> None:
        self._which = which
        self.name = f"stop_{which}"
        self.about = f"SIGSTOP of one {which}_service, and SIGCONT"

    def draw(self, random: Random, shape: Shape) -> Values:
        return _draw(self._which, random, shape)

    async def begin(self, stage: Stage, values: Values) -> None:
        _service(stage, values).send(signal.SIGSTOP)

    async def end(self, stage: Stage, values: Values) -> None:
        _service(stage, values).send(signal.SIGCONT)


class Terminate(Momentary):
    """SIGTERM under load: it drains, ends, and is started again, as in a rolling restart."""

    number = "F26"

    def __init__(self, which: str) -> None:
        self._which = which
        self.name = f"terminate_{which}"
        self.about = f"SIGTERM of one {which}_service under load, and a new one"

    def draw(self, random: Random, shape: Shape) -> Values:
        return _draw(self._which, random, shape)

    async def begin(self, stage: Stage, values: Values) -> None:
        _service(stage, values).send(signal.SIGTERM)
