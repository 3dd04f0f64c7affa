"""The clients: they live through stories, send again with the same ids, or don't, and note everything."""

import asyncio
import time
from collections.abc import Sequence
from itertools import count
from typing import Any

import grpc

from faults.batches import one_by_one, outcome_of
from faults.calls import OF_ORDERS, Learned, request
from faults.history import Call, History, Outcome
from faults.patience import Patience
from faults.stories import Ask, Story, Teller
from tests.harness.answers import reason, replayed
from tests.harness.stubs import Stubs

PAUSE_S, LONGEST_PAUSE_S = 0.02, 0.3
ROOM = 32  # calls at a time
ATTEMPT_S = 2.0  # with its pause
PATIENT_S = 10.0  # the deadline of a call that is sent when all is well again
Door = Sequence[Stubs]  # a channel of one's own to each process


class Clients:
    """Any number of clients, over a few doors: a broken connection takes whoever shares it.

    Their stories are numbered from `first` on.
    """

    def __init__(self, doors: Sequence[Door], teller: Teller, began: float, *, first: int = 1) -> None:
        self.history = History()
        self.stories: dict[int, Story] = {}
        self.left: list[tuple[Ask, Story, Learned]] = []  # what nobody has an answer to
        self._doors, self._teller, self._began = doors, teller, began
        self._numbers = count(first)
        self._stopping = False
        self._tasks: set[asyncio.Task[None]] = set()

    def come(self, clients: int) -> None:
        """So many clients, for one story after the other, until `stop`."""
        for _ in range(clients):
            self._go(self._stay())

    def herd(self, clients: int) -> None:
        """So many clients at once, for one story each."""
        for _ in range(clients if not self._stopping else 0):
            self._go(self._live(next(self._numbers)))

    async def stop(self) -> None:
        """Nobody sends anything more; what is under way comes to its end."""
        self._stopping = True
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def abandon(self) -> None:
        """Drop whatever is under way, after something else went wrong."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def send_again(self, limit_s: float) -> list[str]:
        """What has no answer is sent until it has one; what had none `limit_s` after it was sent again first."""
        room = asyncio.Semaphore(ROOM)
        left, self.left = self.left, []
        async with asyncio.TaskGroup() as group:
            asked = {
                group.create_task(
                    self._patiently(ask, story, known, room, limit_s)
                ): f"{ask.rpc} of story {story.number}"
                for ask, story, known in left
            }
        return [
            f"I16 {what} has no answer {limit_s:g} s after healing" for task, what in asked.items() if not task.result()
        ]

    def _go(self, coroutine: Any) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _stay(self) -> None:
        while not self._stopping:
            await self._live(next(self._numbers))

    async def _live(self, number: int) -> None:
        story = self.stories[number] = self._teller.story(number)
        known = Learned()
        for one in story.rounds:
            if self._stopping:
                return
            await asyncio.gather(*(self._ask(ask, story, known) for ask in one))

    async def _ask(self, ask: Ask, story: Story, known: Learned) -> None:
        wanted = request(ask, story, known)
        if wanted is None:
            return
        attempt = 0
        for attempt in range(ask.attempts):
            if self._stopping:
                break  # and who has asked before asks again when all is well
            processes = [ask.process, 1 - ask.process] if ask.twice and not attempt else [ask.process + attempt]
            hang_up_s = ask.cancel_after_s if not attempt else None
            sent = [
                self._send(ask.rpc, wanted, story, process, timeout_s=ask.timeout_s, hang_up_s=hang_up_s)
                for process in processes
            ]
            calls = await asyncio.gather(*sent)
            for call in calls:
                if call.answer is not None:
                    known.learn(call.answer)
            if any(call.outcome in (Outcome.OK, Outcome.REFUSED) for call in calls):
                return
            await asyncio.sleep(min(PAUSE_S * 2**attempt, LONGEST_PAUSE_S))
        if attempt or not self._stopping:
            self.left.append((ask, story, known))

    async def _patiently(self, ask: Ask, story: Story, known: Learned, room: asyncio.Semaphore, limit_s: float) -> bool:
        """Whether it was answered. How many wait before it says nothing about the services."""
        async with room:
            wanted = request(ask, story, known)
            patience = Patience(limit_s, turn_s=ATTEMPT_S)
            for attempt in count():
                call = await self._send(ask.rpc, wanted, story, ask.process + attempt, timeout_s=PATIENT_S)
                if call.outcome in (Outcome.OK, Outcome.REFUSED):
                    return True
                await asyncio.sleep(LONGEST_PAUSE_S)
                if patience.over():
                    break
        return False

    async def _send(
        self, rpc: str, wanted: Any, story: Story, process: int, *, timeout_s: float, hang_up_s: float | None = None
    ) -> Call:
        process %= 2
        stubs = self._doors[story.number % len(self._doors)][process]
        call = Call(story=story.number, rpc=rpc, request=wanted, begun_s=self._now(), process=process)
        self.history.calls.append(call)
        stub: Any = stubs.orders if rpc in OF_ORDERS else stubs.payments
        sent = getattr(stub, rpc)(wanted, timeout=timeout_s)
        timer = asyncio.get_running_loop().call_later(hang_up_s, _hang_up, call, sent) if hang_up_s else None
        try:
            call.answer = await sent
            call.replayed = await replayed(sent)
            call.outcome, call.status = Outcome.OK, "OK"
            if rpc == "BatchPayOrders" and any(outcome_of(one) is Outcome.AGAIN for one in call.answer.outcomes):
                call.outcome = Outcome.AGAIN  # until each of its orders has an answer
        except grpc.aio.AioRpcError as error:
            call.status, call.reason, call.text = error.code().name, reason(error), error.details() or ""
            call.outcome = Outcome.of(call.status, call.reason)
        except asyncio.CancelledError:
            call.status = "CANCELLED"
            if not call.hung_up:
                call.hung_up = True
                raise
        finally:
            if timer:
                timer.cancel()
            call.ended_s = self._now()
            if rpc == "BatchPayOrders":
                self.history.calls += one_by_one(call)
        return call

    def _now(self) -> float:
        return time.monotonic() - self._began


def _hang_up(call: Call, sent: Any) -> None:
    call.hung_up = bool(sent.cancel())
