"""Callers who make orders and pay them, one after the other, and note what they were told."""

import asyncio
import json
import time
from dataclasses import dataclass
from itertools import count
from types import TracebackType
from typing import TYPE_CHECKING, Self

import grpc

from faults.recovery.fleet import CUSTOMERS, MERCHANT
from faults.run import OPTIONS
from payonce.client import ORDER_SERVICE, PAYMENT_SERVICE
from payonce.order.v1 import order_service_pb2
from payonce.order.v1.order_service_pb2_grpc import OrderServiceStub
from payonce.payment.v1 import payment_service_pb2
from payonce.payment.v1.payment_service_pb2_grpc import PaymentServiceStub
from shared.rpc.client import CONNECT, channel, service_config
from tests.harness.answers import reason
from tests.harness.money import money

if TYPE_CHECKING:  # these two exist for the type checker only
    from collections.abc import Sequence

    from payonce.order.v1.order_service_pb2_grpc import OrderServiceAsyncStub
    from payonce.payment.v1.payment_service_pb2_grpc import PaymentServiceAsyncStub

TIMEOUT_S, ATTEMPTS = 10.0, 5  # of payonce.client
PAUSE_S = 0.05  # after a refusal


@dataclass(slots=True)
class Call:
    """A PayOrder, retries included."""

    order_id: str
    begun: float  # by time.monotonic
    ended: float = 0.0
    status: str = ""  # empty while nothing was answered
    reason: str = ""
    payment_id: str = ""

    @property
    def ok(self) -> bool:
        """Whether the caller knows that it is paid."""
        return self.status == "OK"


def round_robin(addresses: "Sequence[str]") -> grpc.aio.Channel:
    """One channel to all of them, each call at the next one, with the retry policy of our own clients."""
    config = json.loads(service_config([PAYMENT_SERVICE], attempts=ATTEMPTS, retry_budget=True))
    config["loadBalancingConfig"] = [{"round_robin": {}}]
    own = [("grpc.service_config", json.dumps(config)), ("grpc.use_local_subchannel_pool", 1)]
    return grpc.aio.insecure_channel(f"ipv4:{','.join(addresses)}", options=[*CONNECT, *own])


def without_retries(address: str) -> grpc.aio.Channel:
    """One channel to one; what its callers are told is what the service, or the connection, said."""
    return grpc.aio.insecure_channel(address, options=OPTIONS)


class Callers:
    """They come, and pay over `payments` until they are stopped. `name` is that of their orders."""

    def __init__(self, name: str, order_address: str, payments: grpc.aio.Channel) -> None:
        self.calls: list[Call] = []
        self._name = name
        self._channels = [
            channel(order_address, [ORDER_SERVICE], timeout_s=TIMEOUT_S, attempts=ATTEMPTS, retry_budget=True),
            payments,
        ]
        self._orders: OrderServiceAsyncStub = OrderServiceStub(self._channels[0])
        self._payments: PaymentServiceAsyncStub = PaymentServiceStub(payments)
        self._numbers = count(1)
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    def come(self, callers: int) -> None:
        """So many at a time."""
        self._tasks += [asyncio.create_task(self._pay_on()) for _ in range(callers)]

    async def stop(self) -> None:
        """Nobody begins another; what is under way comes to its end."""
        self._stopping = True
        await asyncio.gather(*self._tasks)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await given_up(self._tasks)
        for one in self._channels:
            await one.close()

    async def _pay_on(self) -> None:
        while not self._stopping:
            number = next(self._numbers)
            call = Call(f"{self._name}-{number}", time.monotonic())
            try:
                await self._orders.CreateOrder(_order(call.order_id, CUSTOMERS[number % len(CUSTOMERS)]))
                call.begun = time.monotonic()
                self.calls.append(call)
                asked = payment_service_pb2.PayOrderRequest(order_id=call.order_id)
                answer = await self._payments.PayOrder(asked, timeout=TIMEOUT_S)
            except grpc.aio.AioRpcError as error:
                call.ended = time.monotonic()
                call.status, call.reason = error.code().name, reason(error)
                await asyncio.sleep(PAUSE_S)
            else:
                call.ended = time.monotonic()
                call.status, call.payment_id = "OK", answer.payment.payment_id


async def given_up(tasks: "Sequence[asyncio.Task[None]]") -> None:
    """Cancel them, and raise what had gone wrong with one."""
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome


def _order(order_id: str, customer: str) -> order_service_pb2.CreateOrderRequest:
    return order_service_pb2.CreateOrderRequest(
        order_id=order_id,
        customer_id=customer,
        payer_account_id=customer,
        payee_account_id=MERCHANT,
        amount=money(100),
    )
