"""The world: a clock, and events that may happen in any order. One choice decides which is next."""

import asyncio
import contextvars
import functools
from collections.abc import Callable
from dataclasses import dataclass, fields

from simulation.chance import Chance
from simulation.loop import LIFE, Life, Loop

# A statement or a message takes so long at least.
STEP_S = 0.001
TIME = -1
CRASH = -2  # and below: the process with that number dies


@dataclass(frozen=True, slots=True)
class Rates:
    """How likely each fault is, at each step where it could happen. A seed has some of them, not all."""

    time: float  # something falls due while events wait: they are slow
    together: float  # two events at once, before anybody sees the first
    crash: float
    session_lost: float
    commit_lost: float
    commit_unanswered: float
    commit_late: float
    request_lost: float
    reply_lost: float
    duplicated: float
    late: float
    last: float


MOST = Rates(0.15, 0.3, 0.03, 0.03, 0.1, 0.15, 0.1, 0.15, 0.15, 0.15, 0.15, 0.1)
NONE = Rates(*(0.0 for _ in fields(Rates)))


def rates_of(chance: Chance) -> Rates:
    """The seed's own mix: about half of the faults, each with a rate of its own."""
    draw = chance.stream("rates")
    return Rates(*(draw.random() * getattr(MOST, f.name) if draw.random() < 0.5 else 0.0 for f in fields(Rates)))  # noqa: PLR2004


class Event:
    """Something that is bound to happen, some time. `of` is whose it is; when that dies, `orphaned` decides."""

    __slots__ = ("happen", "label", "of", "orphaned")

    def __init__(
        self,
        label: str,
        happen: Callable[[], object],
        of: Life | None = None,
        orphaned: Callable[["Event"], bool] | None = None,
    ) -> None:
        self.label = label
        self.happen = happen
        self.of = of
        self.orphaned = orphaned


class World:
    """Clock, events, choices, and the story of what happened."""

    def __init__(self, chance: Chance, rates: Rates, *, tell: bool = False) -> None:
        self.chance = chance
        self.rates = rates
        self.loop = Loop()  # type: ignore[abstract]  # the rest is for sockets and threads
        self.events: list[Event] = []
        self.steps = 0
        self.crashes = 0
        self.trouble: list[str] = []  # what nobody foresaw
        self.story: list[str] | None = [] if tell else None
        self.kill: Callable[[int], None] = lambda _: None
        self.ids = 0

    def now(self) -> float:
        """Seconds since the beginning."""
        return self.loop.time()

    def tell(self, line: str) -> None:
        """Add a line to the story, when one is wanted."""
        if self.story is not None:
            self.story.append(f"{self.now():8.3f}  {line}")

    def add(self, event: Event) -> None:
        """Let it happen some time."""
        self.events.append(event)

    async def pause(self, label: str) -> None:
        """Wait until it is this one's turn."""
        turn = self.loop.create_future()
        self.events.append(Event(label, functools.partial(done, turn), LIFE.get()))
        await turn

    def heal(self) -> None:
        """No faults from here on."""
        self.rates = NONE

    def step(self) -> bool:
        """Let one event happen, or time go by, or a process die; then run what that set going.

        False when nothing is left that could ever happen.
        """
        self.steps += 1
        choice = self._choose()
        if choice <= CRASH:
            self.kill(CRASH - choice)
        elif choice == TIME or not self.events:
            if not self.loop.leap() and not self.events:
                return False
        else:
            self._happen(choice)
            if self.events and self.chance.hit("together", self.rates.together):
                self._happen(self.chance.pick("second", len(self.events)))
            self.loop.pass_time(STEP_S)
        self.loop.settle()
        return True

    def _choose(self) -> int:
        drawn = self.chance.stream("step").random()
        if drawn < self.rates.crash:
            choice = CRASH - int(self.chance.stream("victim").random() * 3)
        elif drawn < self.rates.crash + self.rates.time:
            choice = TIME
        else:
            choice = int(self.chance.stream("which").random() * len(self.events))
        return self.chance.choose("step", choice)

    def _happen(self, number: int) -> None:
        event = self.events.pop(number % len(self.events))
        at = f"{self.now():8.3f}  "
        event.happen()
        if self.story is not None:
            self.story.append(at + event.label)

    def bury(self, dead: Life) -> None:
        """Drop the events of one who died, but for those that go on without it."""
        self.events = [e for e in self.events if e.of is not dead or (e.orphaned is not None and e.orphaned(e))]


def context_of(life: Life) -> contextvars.Context:
    """A context in which everything belongs to `life`."""
    context = contextvars.copy_context()
    context.run(LIFE.set, life)
    return context


def done(future: "asyncio.Future[None]") -> None:
    """Resolve it, if it is still waited for."""
    if not future.done():
        future.set_result(None)
