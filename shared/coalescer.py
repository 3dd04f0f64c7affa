"""Natural batching: requests that wait together travel together.

A request that finds a free lane leaves at once, as a batch of one. While every lane is busy, requests queue; the next
free lane takes what has gathered. So batches grow with the load, and nobody ever waits for a timer.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from shared.errors import PayonceError, overloaded, shutting_down

C = TypeVar("C")
O = TypeVar("O")  # noqa: E741 - C for command, O for outcome


class Coalescer(Generic[C, O]):
    """Runs `run` on lists of commands; an outcome for each, in the same order. An outcome may be an error.

    The batch runs as a task of its own: a caller who cancels, or whose deadline passes, leaves the batch alone.
    """

    def __init__(
        self,
        run: Callable[[Sequence[C]], Awaitable[Sequence[O | PayonceError]]],
        *,
        lanes: int,
        batch_limit: int,
        queue_limit: int,
    ) -> None:
        self._run = run
        self._lanes = lanes
        self._batch_limit = batch_limit
        self._queue_limit = queue_limit
        self._waiting: deque[tuple[C, asyncio.Future[O]]] = deque()
        self._batches: set[asyncio.Task[None]] = set()
        self._draining = False

    async def submit(self, command: C) -> O:
        """Wait for the outcome. Raises the command's own error, or OVERLOADED when the queue is full."""
        if self._draining:
            raise shutting_down()
        if len(self._waiting) >= self._queue_limit:
            raise overloaded("Too many requests are waiting")
        outcome: asyncio.Future[O] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, outcome))
        self._fill_lanes()
        return await outcome

    async def drain(self) -> None:
        """Take nothing new, finish what was taken."""
        self._draining = True
        while self._batches:
            await asyncio.wait(self._batches)

    def _fill_lanes(self) -> None:
        while self._waiting and len(self._batches) < self._lanes:
            batch: list[tuple[C, asyncio.Future[O]]] = []
            while self._waiting and len(batch) < self._batch_limit:
                command, outcome = self._waiting.popleft()
                if not outcome.done():  # a caller who gave up while queued was promised nothing
                    batch.append((command, outcome))
            if batch:
                task = asyncio.create_task(self._settle(batch))
                self._batches.add(task)
                task.add_done_callback(self._lane_is_free)

    def _lane_is_free(self, task: asyncio.Task[None]) -> None:
        self._batches.discard(task)
        self._fill_lanes()

    async def _settle(self, batch: list[tuple[C, asyncio.Future[O]]]) -> None:
        try:
            results = await self._run([command for command, _ in batch])
            outcomes = list(zip(batch, results, strict=True))
        except PayonceError as error:
            outcomes = [(item, error) for item in batch]
        except Exception as error:  # noqa: BLE001 - whatever it was, each caller must get an answer
            await self._settle_failed(batch, error)
            return
        for (_, outcome), result in outcomes:
            if outcome.done():
                continue
            if isinstance(result, PayonceError):
                outcome.set_exception(result)
            else:
                outcome.set_result(result)

    async def _settle_failed(self, batch: list[tuple[C, asyncio.Future[O]]], error: Exception) -> None:
        """One item spoiled the batch: split until it is alone, so that it never fails its neighbours."""
        if len(batch) > 1:
            middle = len(batch) // 2
            await self._settle(batch[:middle])
            await self._settle(batch[middle:])
        elif not batch[0][1].done():
            batch[0][1].set_exception(error)
