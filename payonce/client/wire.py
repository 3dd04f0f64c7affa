"""The connections of one client, and how a call is made on them."""

import asyncio
import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeAlias, TypeVar

import grpc

from payonce.client.details import from_rpc
from payonce.client.errors import Unauthenticated, Unavailable
from payonce.client.retries import until_answered
from payonce.order.v1 import order_service_pb2, order_service_pb2_grpc
from payonce.payment.v1 import payment_service_pb2, payment_service_pb2_grpc
from shared.rpc.client import channel

if TYPE_CHECKING:  # these exist for the type checker only
    from payonce.order.v1.order_service_pb2_grpc import OrderServiceAsyncStub
    from payonce.payment.v1.payment_service_pb2_grpc import PaymentServiceAsyncStub

ORDER_SERVICE = order_service_pb2.DESCRIPTOR.services_by_name["OrderService"].full_name
PAYMENT_SERVICE = payment_service_pb2.DESCRIPTOR.services_by_name["PaymentService"].full_name
Q = TypeVar("Q")
A = TypeVar("A")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where the services are, and how they are called; see `AsyncClient`."""

    order_address: str = "127.0.0.1:50051"
    payment_address: str = "127.0.0.1:50052"
    timeout_s: float = 10.0
    attempts: int = 5
    credentials: grpc.ChannelCredentials | None = None
    token: Callable[[], str] | None = None


class Answer(NamedTuple, Generic[A]):
    """`replayed`: the service said the same before."""

    message: A
    replayed: bool


def _sendable(token: Callable[[], str] | None) -> Callable[[], str] | None:
    """What no header can carry is refused here: gRPC would break off with an error of its own inside."""

    def checked(ask: Callable[[], str]) -> str:
        text = ask()
        if not (text.isascii() and text.isprintable()):
            raise Unauthenticated(
                "The token has characters that can't be sent: a line break, or what is not ASCII.",
                grpc.StatusCode.UNAUTHENTICATED,
                reason="NOT_AUTHENTICATED",
            )
        return text

    return functools.partial(checked, token) if token else None


class Stubs:
    """Both services' channels and what calls on them."""

    orders: "OrderServiceAsyncStub"
    payments: "PaymentServiceAsyncStub"

    def __init__(self, target: Target) -> None:
        self.channels = [
            channel(
                address, [service], timeout_s=target.timeout_s, attempts=target.attempts, retry_budget=True,
                credentials=target.credentials, token=_sendable(target.token),
            )
            for address, service in (
                (target.order_address, ORDER_SERVICE), (target.payment_address, PAYMENT_SERVICE),
            )
        ]  # fmt: skip
        self.orders = order_service_pb2_grpc.OrderServiceStub(self.channels[0])
        self.payments = payment_service_pb2_grpc.PaymentServiceStub(self.channels[1])


# grpc's own classes take no parameters at run time.
Method: TypeAlias = "Callable[[Stubs], grpc.aio.UnaryUnaryMultiCallable[Q, A]]"


class Wire:
    """Connects at the first call, in that call's event loop and process, and stays there."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._stubs: Stubs | None = None
        self._process = 0
        self.closed = False

    async def send(
        self, method: "Method[Q, A]", request: Q, *, within_s: float | None = None, request_id: str = ""
    ) -> Answer[A]:
        """One call; with `within_s`, as many as it takes. PayonceError when there is no OK."""
        if within_s is None:
            return await self.once(method, request)

        async def once(left_s: float) -> Answer[A]:
            return await self.once(method, request, timeout_s=left_s, request_id=request_id)

        what = type(request).__name__.removesuffix("Request")
        return await until_answered(once, within_s=within_s, what=what, over=lambda: self.closed)

    async def once(
        self, method: "Method[Q, A]", request: Q, *, timeout_s: float | None = None, request_id: str = ""
    ) -> Answer[A]:
        """One call, gRPC's own retries included; `timeout_s` can only shorten the target's."""
        call = method(self._connected())(request, timeout=timeout_s)
        try:
            message = await call
            trailers = dict(await call.trailing_metadata() or ())
        except grpc.aio.AioRpcError as error:
            raise from_rpc(error, request_id) from error
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if not self.closed or task is None or task.cancelling():
                raise
            # `close` ended the call, and nobody the task: the caller has to be told, not to vanish.
            text = "The client was closed meanwhile."
            raise Unavailable(text, grpc.StatusCode.CANCELLED, request_id=request_id) from error
        return Answer(message, trailers.get("idempotent-replayed") == "true")

    def _connected(self) -> Stubs:
        self.enter()
        if self._stubs is None:
            self._stubs = Stubs(self._target)
        return self._stubs

    def enter(self) -> None:
        """Belong to this process from now on. RuntimeError in another one, and after `close`."""
        if self.closed:
            raise RuntimeError("this client is closed")
        self._process = self._process or os.getpid()
        if self.elsewhere:
            raise RuntimeError("this client was used before the process was forked: make one in each process")

    @property
    def elsewhere(self) -> bool:
        """Whether another process uses it, of which this one is a fork. There is nothing here to close then."""
        return self._process not in (0, os.getpid())

    async def close(self) -> None:
        """Close both channels, if there are any."""
        self.closed = True
        if self._stubs and not self.elsewhere:
            for one in self._stubs.channels:
                await one.close()
