"""A few thousand new orders, each asked for many times: alone and in batches, at either process, all at once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from random import Random

import grpc

from faults.batches import STATUSES
from faults.patience import Patience
from faults.run import HEALED_LIMIT_S
from faults.storm.ground import CUSTOMERS, MERCHANTS
from faults.storm.told import Told, Wanted
from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import batch_pb2, payment_service_pb2
from tests.harness.answers import reason, replayed
from tests.harness.money import money
from tests.harness.stubs import Stubs

IN_FLIGHT = 24
TIMEOUT_S = 10.0  # of a call, a restart included: it waits until somebody listens
PAUSE_S = 0.05
AMOUNT = 7
TRANSPORT = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How much of everything there is in a wave."""

    orders: int = 2_500
    alone: int = 4  # so often each order is asked for by PayOrder
    batched: int = 36  # and so often in a batch
    batch: int = 100
    near: int = 500  # orders: who asks for one asks for another that is so many later, at most, at the same time


class Wave:
    """`doors` are channels to the processes, taken in turn; `tick` is called with every answer."""

    def __init__(
        self, number: int, shape: Shape, doors: Sequence[Stubs], told: Told, tick: Callable[[], None] = lambda: None
    ) -> None:
        named = (f"storm-{number}-{i}" for i in range(shape.orders))
        self.orders = {
            name: Wanted(name, CUSTOMERS[i % len(CUSTOMERS)], MERCHANTS[i % len(MERCHANTS)], AMOUNT)
            for i, name in enumerate(named)
        }
        self._number, self._shape, self._told, self._tick = number, shape, told, tick
        self._doors = cycle(doors)

    async def pass_by(self) -> None:
        """Make the orders, ask for each as often as is wanted, and again until each has an answer."""
        await _all(map(self._create, self.orders.values()))
        await _all(map(self._ask, self._asked()))
        patience = Patience(HEALED_LIMIT_S, turn_s=TIMEOUT_S)
        while left := [order_id for order_id in self.orders if order_id not in self._told.payments]:
            await _all(map(self._ask, self._batches(left)))
            if patience.over():
                self._told.violate(f"I16 {len(left)} orders of wave {self._number} have no answer, {left[0]} for one")
                return

    async def ask_in_peace(self, doors: Sequence[Stubs]) -> None:
        """When nothing breaks any more, everybody who asks for an order that was paid is told so, at each process."""
        before = self._told.refused.total(), self._told.first
        for door in doors:
            self._doors = cycle([door])
            await _all(map(self._ask, [*self._batches(list(self.orders)), *([name] for name in self.orders)]))
        not_told, anew = self._told.refused.total() - before[0], self._told.first - before[1]
        if not_told or anew:
            self._told.violate(f"I13 when all was well {not_told} were not told of a payment, {anew} not of a replay")

    def _asked(self) -> list[list[str]]:
        """Every order so often, new ones all the time: whatever is killed then meets some that are not paid yet."""
        random, shape = Random(self._number), self._shape

        def near(place: float) -> float:
            return place + random.uniform(0, shape.near)

        asked = [(near(i), [name]) for _ in range(shape.alone) for i, name in enumerate(self.orders)]
        for _ in range(shape.batched):
            mixed = [name for _, name in sorted((near(i), name) for i, name in enumerate(self.orders))]
            asked += [(near(i * shape.batch), batch) for i, batch in enumerate(self._batches(mixed))]
        return [names for _, names in sorted(asked)]

    def _batches(self, names: Sequence[str]) -> Iterator[list[str]]:
        size = self._shape.batch
        return (list(names[first : first + size]) for first in range(0, len(names), size))

    async def _create(self, order: Wanted) -> None:
        """Until it is there. Raises what it was told when it is not there long after."""
        request = order_service_pb2.CreateOrderRequest(
            order_id=order.order_id, customer_id=order.payer, payer_account_id=order.payer,
            payee_account_id=order.payee, amount=money(order.amount),
        )  # fmt: skip
        patience = Patience(HEALED_LIMIT_S, turn_s=TIMEOUT_S)
        while True:
            try:
                await next(self._doors).orders.CreateOrder(request, timeout=TIMEOUT_S, wait_for_ready=True)
            except grpc.aio.AioRpcError as error:
                if error.code() not in TRANSPORT or patience.over():
                    raise
                await asyncio.sleep(PAUSE_S)
            else:
                return

    async def _ask(self, names: list[str]) -> None:
        is_one = len(names) == 1
        try:
            await (self._one(names[0]) if is_one else self._batch(names))
        except grpc.aio.AioRpcError as error:
            rpc = "PayOrder" if is_one else "BatchPayOrders"
            self._told.not_paid(rpc, names, error.code().name, reason(error))
            await asyncio.sleep(PAUSE_S)
        self._tick()

    async def _one(self, name: str) -> None:
        request = payment_service_pb2.PayOrderRequest(order_id=name)
        call = next(self._doors).payments.PayOrder(request, timeout=TIMEOUT_S, wait_for_ready=True)
        answer = await call
        self._told.paid("PayOrder", self.orders[name], answer.payment, replayed=await replayed(call))

    async def _batch(self, names: list[str]) -> None:
        asked = [batch_pb2.OrderToPay(order_id=name) for name in names]
        request = batch_pb2.BatchPayOrdersRequest(orders=asked)
        answer = await next(self._doors).payments.BatchPayOrders(request, timeout=TIMEOUT_S, wait_for_ready=True)
        for name, one in zip(names, answer.outcomes, strict=True):
            if one.HasField("error"):
                self._told.not_paid_in_batch(name, STATUSES[one.error.code], one.error.reason)
            else:
                self._told.paid("BatchPayOrders", self.orders[name], one.payment, replayed=one.replayed)


async def _all(asked: Iterable[Awaitable[None]]) -> None:
    """One after the other, so many at a time."""
    each = iter(asked)

    async def work() -> None:
        for one in each:
            await one

    async with asyncio.TaskGroup() as group:
        for _ in range(IN_FLIGHT):
            group.create_task(work())
