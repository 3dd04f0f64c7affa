"""One order, and everybody who presses Pay."""

import asyncio
import random
from collections.abc import Coroutine
from typing import NamedTuple

from payonce.callers import Answer, pay_at_once
from payonce.charges import charges_of
from payonce.client import AsyncClient, errors
from payonce.console.tryit.stage import Stage
from payonce.proxy import LossyProxy
from payonce.type.v1.money_pb2 import Money

LOSS = 0.5  # of the replies
CALL_LIMIT_S = 5.0
WITHIN_S = 60.0  # a caller asks again, until then
CALLERS_LIMIT = 200  # at once, for one order


class Trouble(NamedTuple):
    """What is switched on."""

    lose_replies: bool
    crash: bool
    two_tabs: bool


class Charges(NamedTuple):
    """How often the order was charged, and how much that was together."""

    times: int
    minor_units: int


class Trial:
    """All requests go through a proxy that counts them, and loses replies when it is told to.

    The charges are asked of payment_service, past the proxy; while it is down the last count stands. `settled`: they
    were counted after everybody had an answer.
    """

    def __init__(self, order_id: str, amount: Money, stage: Stage, ledger: AsyncClient) -> None:
        self.order_id = order_id
        self.amount = amount
        self.trouble = Trouble(lose_replies=True, crash=True, two_tabs=True)
        self.presses = self.callers = self.answers = self.crashes = 0
        self.payment_ids: set[str] = set()
        self.refusals: list[str] = []
        self.charges = Charges(0, 0)
        self.reachable = True
        self.settled = False
        self._stage = stage
        self._ledger = ledger
        seed = random.SystemRandom().randrange(2**32)
        self._proxy = LossyProxy(stage.payment_address, probability=0.0, seed=seed)
        self._tasks: set[asyncio.Task[None]] = set()
        self._crashing = False

    @property
    def requests(self) -> int:
        """Tries that reached payment_service: a caller without an answer asks again."""
        return self._proxy.requests

    @property
    def replies_lost(self) -> int:
        """Of these, how many were not answered so far; exact when nothing is under way."""
        return self._proxy.replies_lost

    @property
    def waiting(self) -> int:
        """Callers who have no answer yet."""
        return self.callers - self.answers - len(self.refusals)

    @property
    def quiet(self) -> bool:
        """Whether everybody has an answer, and the service is up again."""
        return not self._tasks

    async def start(self) -> None:
        """Listen."""
        await self._proxy.start()

    def press(self, times: int, trouble: Trouble) -> None:
        """Pay: so often at once, and from each tab. More than may wait at once are not sent."""
        self.trouble = trouble
        self._proxy.probability = LOSS if trouble.lose_replies else 0.0
        callers = min(times * (2 if trouble.two_tabs else 1), CALLERS_LIMIT - self.waiting)
        if callers <= 0:
            return
        half = asyncio.Semaphore(0)
        self.presses += times
        self.callers += callers
        self._spawn(self._pay(callers, half))
        if trouble.crash and not self._crashing:
            self._crashing = True
            self._spawn(self._crash(half, callers // 2))

    async def count(self) -> None:
        """Ask the ledger."""
        quiet = self.quiet
        try:
            found = await charges_of(self._ledger, self.order_id)
        except errors.Unavailable:
            self.reachable = self.settled = False
        else:
            self.charges = Charges(len(found), -sum(entry.amount.minor_units for entry in found))
            self.reachable, self.settled = True, quiet

    async def close(self) -> None:
        """Nobody waits any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._proxy.close()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pay(self, callers: int, half: asyncio.Semaphore) -> None:
        def connect() -> AsyncClient:
            return AsyncClient(self._stage.order_address, self._proxy.address, timeout_s=CALL_LIMIT_S, attempts=3)

        def answered(heard: Answer) -> None:
            if isinstance(heard, errors.PayonceError):
                self.refusals.append(str(heard))
            else:
                self.answers += 1
                self.payment_ids.add(heard.payment.payment_id)
            half.release()

        orders = [self.order_id] * callers
        await pay_at_once(orders, connect, answered=answered, expected_amount=self.amount, within_s=WITHIN_S)

    async def _crash(self, answered: asyncio.Semaphore, after: int) -> None:
        """In the middle: when so many have their answer, and the others have not."""
        try:
            for _ in range(after):
                await answered.acquire()
            await self._stage.crash_payment()
            self.crashes += 1
        finally:
            self._crashing = False
