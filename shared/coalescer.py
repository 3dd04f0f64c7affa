"""Natural batching: requests that wait together travel together.

A request that finds nothing under way leaves at once, as a batch of one. While a batch is under way, requests queue;
the next one takes all that gathered, and those that are just coming in. So batches grow with the load, and the cost of
a batch is spread over many. Another lane is for enough of them that wait, so that the processor has work while the
disk is waited for; or for those behind a batch that takes long, since it waits for a lock.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from opentelemetry.trace import Span

from shared.errors import PayonceError, contended, overloaded, shutting_down
from shared.hurry import HURRIED
from shared.telemetry import batches

C = TypeVar("C")
O = TypeVar("O")  # noqa: E741 - C for command, O for outcome

# A batch that fails is halved for no longer than this: each part may wait for a lock, one after the other.
SPLITTING_S = 3.0
# So large a part of a whole batch is enough for a lane of its own. Smaller ones only keep each other small.
ENOUGH = 4
# A batch on its way for longer is no measure of the load any more.
LONG_S = 0.1
# grpc.aio takes in one call at a time, with turns of the event loop between: those that came together are seen apart.
# So many turns without another one, a fraction of a millisecond if nothing else is to be done, mean that no more come.
QUIET_TURNS = 20


class _Item(NamedTuple, Generic[C, O]):
    command: C
    outcome: asyncio.Future[O]
    since: float  # monotonic
    span: Span | None  # of the one who asks


@dataclass(slots=True)
class _Batch(Generic[C, O]):
    items: list[_Item[C, O]]
    split_until: float = math.inf  # monotonic; of a part of a batch that failed: it is not run after this
    is_again: bool = False  # one alone that has failed in a hurry before


class Coalescer(Generic[C, O]):
    """Runs `run` on lists of commands; an outcome for each, in the same order. An outcome may be an error.

    The batch runs as a task of its own: a caller who cancels, or whose deadline passes, leaves the batch alone.
    When `run` itself raises, the batch is split until the one who spoils it is alone: it never fails its neighbours.
    Until that is over nobody waits long for a lock (`shared.hurry`), and who fails alone is run once more, behind the
    others: what he needed may have been kept by a part with one who is stuck. When every part has to wait for one it
    may take long all the same; after `splitting_s` the rest are told to come again.
    """

    def __init__(
        self,
        run: Callable[[Sequence[C]], Awaitable[Sequence[O | PayonceError]]],
        *,
        lanes: int,
        batch_limit: int,
        queue_limit: int,
        splitting_s: float = SPLITTING_S,
        name: str = "",
    ) -> None:
        self._name = name
        self._run = run
        self._lanes = lanes
        self._batch_limit = batch_limit
        self._queue_limit = queue_limit
        self._splitting_s = splitting_s
        self._waiting: deque[_Item[C, O]] = deque()
        self._parts: deque[_Batch[C, O]] = deque()
        self._under_way: dict[asyncio.Task[None], bool] = {}  # whether it takes long
        self._gathering = False
        self._parts_turn = True
        self._draining = False

    def submit(self, command: C) -> asyncio.Future[O]:
        """Queue the command now; the future is its outcome, or its own error, or OVERLOADED when the queue is full.

        Not a coroutine: a caller whose deadline has as good as passed is cancelled before a coroutine's first step,
        and would never have asked.
        """
        outcome: asyncio.Future[O] = asyncio.get_running_loop().create_future()
        if self._draining:
            outcome.set_exception(shutting_down())
        elif len(self._waiting) >= self._queue_limit:
            outcome.set_exception(overloaded("Too many requests are waiting"))
        else:
            self._waiting.append(_Item(command, outcome, time.monotonic(), batches.recording()))
            if not self._gathering:
                self._fill_lanes()
        return outcome

    def waiting(self) -> tuple[int, int]:
        """How many requests wait for a batch, and how many may."""
        return len(self._waiting), self._queue_limit

    async def drain(self) -> None:
        """Take nothing new, finish what was taken."""
        self._draining = True
        while self._under_way or self._gathering:
            await (asyncio.wait(self._under_way) if self._under_way else asyncio.sleep(0))

    def _gather(self) -> None:
        """Fill lanes once no more requests come in, turn by turn of the event loop, or a batch is full."""
        if not self._gathering:
            self._gathering = True
            asyncio.get_running_loop().call_soon(self._look, len(self._waiting), 0)

    def _look(self, waited: int, quiet_turns: int) -> None:
        quiet_turns = quiet_turns + 1 if len(self._waiting) == waited else 0
        if quiet_turns < QUIET_TURNS and len(self._waiting) < self._batch_limit:
            asyncio.get_running_loop().call_soon(self._look, len(self._waiting), quiet_turns)
            return
        self._gathering = False
        self._fill_lanes()

    def _fill_lanes(self) -> None:
        while len(self._under_way) < self._lanes and self._may_leave() and (batch := self._next()):
            waited_s = time.monotonic() - batch.items[0].since
            spans = [item.span for item in batch.items]
            task = asyncio.create_task(batches.observed(self._run_batch(batch), self._name, waited_s, spans))
            self._under_way[task] = False
            asyncio.get_running_loop().call_later(LONG_S, self._takes_long, task)
            task.add_done_callback(self._lane_is_free)

    def _may_leave(self) -> bool:
        if self._parts or all(self._under_way.values()):
            return True
        return len(self._waiting) >= max(1, self._batch_limit // ENOUGH)

    def _takes_long(self, task: asyncio.Task[None]) -> None:
        if task in self._under_way:
            self._under_way[task] = True
            self._fill_lanes()

    def _lane_is_free(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        self._gather()

    def _next(self) -> _Batch[C, O] | None:
        """Parts of failed batches and what has gathered take turns, so that one's trouble never holds up the others."""
        self._parts_turn = not self._parts_turn
        for take in (self._part, self._gathered) if self._parts_turn else (self._gathered, self._part):
            if batch := take():
                return batch
        return None

    def _gathered(self) -> _Batch[C, O] | None:
        items: list[_Item[C, O]] = []
        while self._waiting and len(items) < self._batch_limit:
            item = self._waiting.popleft()
            if not item.outcome.done():  # a caller who gave up while queued was promised nothing
                items.append(item)
        return _Batch(items) if items else None

    def _part(self) -> _Batch[C, O] | None:
        while self._parts:
            part = self._parts.popleft()
            part.items = [item for item in part.items if not item.outcome.done()]
            if part.items and time.monotonic() < part.split_until:
                return part
            for item in part.items:
                _answer(item.outcome, contended())
        return None

    async def _run_batch(self, batch: _Batch[C, O]) -> None:
        is_hurried = bool(self._parts) or batch.split_until < math.inf
        HURRIED.set(is_hurried)  # in the batch's own task
        outcomes: Sequence[tuple[_Item[C, O], O | Exception]]
        try:
            results = await self._run([item.command for item in batch.items])
            outcomes = list(zip(batch.items, results, strict=True))
        except PayonceError as error:
            outcomes = [(item, error) for item in batch.items]
        except Exception as error:  # noqa: BLE001 - whatever it was, each caller must get an answer
            if len(batch.items) > 1 or (is_hurried and not batch.is_again):
                self._split(batch)
                return
            outcomes = [(batch.items[0], error)]
        for item, result in outcomes:
            _answer(item.outcome, result)

    def _split(self, batch: _Batch[C, O]) -> None:
        """Both halves queue as batches of their own, and other batches may go between them; so does one alone."""
        until = min(batch.split_until, time.monotonic() + self._splitting_s)
        middle = len(batch.items) // 2
        halves = (half for half in (batch.items[:middle], batch.items[middle:]) if half)
        self._parts.extend(_Batch(half, until, is_again=len(batch.items) == 1) for half in halves)


def _answer(outcome: asyncio.Future[O], result: O | Exception) -> None:
    if outcome.done():
        return  # its caller is gone
    if isinstance(result, Exception):
        outcome.set_exception(result)
    else:
        outcome.set_result(result)
