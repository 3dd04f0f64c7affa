"""A few thousand new orders, each asked for many times: alone and in batches, at either process, all at once."""

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from random import Random

import grpc

from faults.batches import STATUSES
from faults.patience import Patience
from faults.run import HEALED_LIMIT_S
from faults.storm.ground import CUSTOMERS, MERCHANTS
from faults.storm.told import Told
from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import batch_pb2, payment_service_pb2
from tests.harness.answers import reason, replayed
from tests.harness.money import money
from tests.harness.stubs import Stubs

IN_FLIGHT = 24
TIMEOUT_S = 10.0  # of a call, a restart included: it waits until somebody listens
PAUSE_S = 0.05
AMOUNT = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How much of everything there is in a wave."""

    orders: int = 5_000
    alone: int = 4  # so often each order is asked for by PayOrder
    batched: int = 36  # and so often in a batch
    batch: int = 100

    @property
    def attempts(self) -> int:
        """At least: whoever has no answer then is asked for again."""
        return self.orders * (self.alone + self.batched)


class Wave:
    """`doors` are channels to the processes, taken in turn."""

    def __init__(self, number: int, shape: Shape, doors: Sequence[Stubs], told: Told) -> None:
        self.orders = [f"storm-{number}-{i}" for i in range(shape.orders)]
        self._number, self._shape, self._told = number, shape, told
        self._doors = cycle(doors)

    async def pass_by(self) -> None:
        """Make the orders, ask for each as often as is wanted, and again until each has an answer."""
        await _all(self._create(i, order_id) for i, order_id in enumerate(self.orders))
        await _all(map(self._ask, self._asked()))
        patience = Patience(HEALED_LIMIT_S, turn_s=TIMEOUT_S)
        while left := [order_id for order_id in self.orders if order_id not in self._told.payments]:
            await _all(map(self._ask, self._batches(left)))
            if patience.over():
                self._told.violate(f"I16 {len(left)} orders of wave {self._number} have no answer, {left[0]} for one")
                return

    def _asked(self) -> list[list[str]]:
        """Every order so often, in an order that the wave's number gives."""
        random, shape = Random(self._number), self._shape
        asked = [[order_id] for _ in range(shape.alone) for order_id in self.orders]
        for _ in range(shape.batched):
            mixed = random.sample(self.orders, k=len(self.orders))
            asked += self._batches(mixed)
        random.shuffle(asked)
        return asked

    def _batches(self, orders: Sequence[str]) -> Iterator[list[str]]:
        size = self._shape.batch
        return (list(orders[first : first + size]) for first in range(0, len(orders), size))

    async def _create(self, number: int, order_id: str) -> None:
        customer = CUSTOMERS[number % len(CUSTOMERS)]
        request = order_service_pb2.CreateOrderRequest(
            order_id=order_id, customer_id=customer, payer_account_id=customer,
            payee_account_id=MERCHANTS[number % len(MERCHANTS)], amount=money(AMOUNT),
        )  # fmt: skip
        while True:
            try:
                await next(self._doors).orders.CreateOrder(request, timeout=TIMEOUT_S, wait_for_ready=True)
            except grpc.aio.AioRpcError as error:
                if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
                    raise
                await asyncio.sleep(PAUSE_S)
            else:
                return

    async def _ask(self, orders: list[str]) -> None:
        rpc = "PayOrder" if len(orders) == 1 else "BatchPayOrders"
        try:
            await (self._one(orders[0]) if len(orders) == 1 else self._batch(orders))
        except grpc.aio.AioRpcError as error:
            self._told.refused(rpc, orders, error.code().name, reason(error))
            await asyncio.sleep(PAUSE_S)

    async def _one(self, order_id: str) -> None:
        request = payment_service_pb2.PayOrderRequest(order_id=order_id)
        call = next(self._doors).payments.PayOrder(request, timeout=TIMEOUT_S, wait_for_ready=True)
        answer = await call
        self._told.paid("PayOrder", order_id, answer.payment.payment_id, replayed=await replayed(call))

    async def _batch(self, orders: list[str]) -> None:
        asked = [batch_pb2.OrderToPay(order_id=order_id) for order_id in orders]
        request = batch_pb2.BatchPayOrdersRequest(orders=asked)
        answer = await next(self._doors).payments.BatchPayOrders(request, timeout=TIMEOUT_S, wait_for_ready=True)
        for order_id, one in zip(orders, answer.outcomes, strict=True):
            if one.HasField("error"):
                self._told.refused("PayOrder", [order_id], STATUSES[one.error.code], one.error.reason)
            else:
                self._told.paid("BatchPayOrders", order_id, one.payment.payment_id, replayed=one.replayed)


async def _all(asked: Iterator[Awaitable[None]]) -> None:
    """One after the other, so many at a time."""

    async def work() -> None:
        for one in asked:
            await one

    asked = iter(asked)
    async with asyncio.TaskGroup() as group:
        for _ in range(IN_FLIGHT):
            group.create_task(work())
