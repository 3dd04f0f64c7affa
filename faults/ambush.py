"""What lies in wait on a link: a COMMIT whose answer never comes back, a reply that is lost."""

import asyncio
from random import Random

from faults.link import Passage, Way
from faults.wire import COMMIT, COMMITTED, WROTE, Frames

PATIENCE_S = 2.0


class _Waiting:
    """Several faults may have it wait at the same time; it strikes as the fiercest of them has it."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._on: list[float] = []
        self.probability = 0.0

    def begin(self, probability: float) -> None:
        """One more fault."""
        self._on.append(probability)
        self.probability = max(self._on)

    def end(self, probability: float) -> None:
        """That one is over; the others go on."""
        self._on.remove(probability)
        self.probability = max(self._on, default=0.0)


class Commits(_Waiting):
    """Cuts the service's connection after its COMMIT was forwarded and before the answer returns (F15).

    Either at once, or when the answer is there; in both cases PostgreSQL's answer is waited for, and `really` counts
    the commits that did happen, of transactions that had changed a row, and of which the service was not told.
    """

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self.really = 0

    def passes(self, passage: Passage, way: Way, data: bytes) -> bool:
        """Lets everything through but the answer that it waited for."""
        notes = passage.notes
        if way is Way.THERE:
            if COMMIT in data and self._random.random() < self.probability:
                self._cut(passage)
            return True
        notes["wrote"] = notes.get("wrote", False) or WROTE.search(data) is not None
        if COMMITTED in data:
            self.really += bool(notes["wrote"] and "cut" in notes)
            notes["wrote"] = False
            if "cut" in notes:
                passage.cut()
        return "cut" not in notes

    def _cut(self, passage: Passage) -> None:
        passage.notes["cut"] = True
        loop = asyncio.get_running_loop()
        loop.call_later(PATIENCE_S, passage.cut)  # whatever else than the answer may come
        if self._random.random() < 0.5:  # noqa: PLR2004 - one way as often as the other
            passage.deaf |= {Way.THERE}  # the other end must not hear of it before it has answered
            loop.call_soon(passage.near.abort)


class Replies(_Waiting):
    """Loses replies: the connection breaks where one would begin, or end (F12)."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self.lost = 0

    def passes(self, passage: Passage, way: Way, data: bytes) -> bool:
        """Lets everything through but a reply."""
        if way is Way.THERE:
            return True
        frames: Frames = passage.notes.setdefault("frames", Frames())
        if frames.headers(data) and self._random.random() < self.probability:
            self.lost += 1
            passage.cut()
            return False
        return True
