"""What both clients stand on: how they are made, how they call, how they end. The methods are in `_async`, `_sync`."""

import asyncio
import os
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self, TypeVar

import grpc

from payonce.client.batches import Outcome, pay_orders
from payonce.client.loop import LoopThread
from payonce.client.settings import from_environ
from payonce.client.wire import Answer, Method, Target, Wire
from payonce.payment.v1.batch_pb2 import OrderToPay

Q = TypeVar("Q")
A = TypeVar("A")


class Base:
    """How a client is made."""

    def __init__(
        self,
        order_address: str = "127.0.0.1:50051",
        payment_address: str = "127.0.0.1:50052",
        *,
        timeout_s: float = 10.0,
        attempts: int = 5,
        credentials: grpc.ChannelCredentials | None = None,
        token: Callable[[], str] | None = None,
    ) -> None:
        """Connect to nothing yet: the first call does.

        Args:
            order_address: host:port of order_service.
            payment_address: host:port of payment_service.
            timeout_s: The deadline of one gRPC call, in seconds, gRPC's own retries of it included.
            attempts: How often gRPC sends a call at most within that deadline, 1 to 5; 1 means no retries.
            credentials: grpc's ssl_channel_credentials, with a client's certificate; without them plain text is
                spoken. Don't put grpc's call credentials into them: those can lock up a channel that is closed.
            token: Asked before each call for the token that goes with it.
        """
        self._make(
            Target(
                order_address=order_address,
                payment_address=payment_address,
                timeout_s=timeout_s,
                attempts=attempts,
                credentials=credentials,
                token=token,
            )
        )

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """A client as the environment describes it; `environ` instead of the process's own.

        PAYONCE_ORDER_ADDRESS and PAYONCE_PAYMENT_ADDRESS (host:port), PAYONCE_TIMEOUT_S; PAYONCE_TLS_CA and, with a
        certificate of the client's own, PAYONCE_TLS_CERTIFICATE and PAYONCE_TLS_KEY (PEM files); PAYONCE_TOKEN, or
        PAYONCE_TOKEN_FILE, which is read before each call. What is not set has the constructor's default.

        Raises:
            StartupError: A variable is wrong, or names a file that can't be read. The text names it.
        """
        client = cls.__new__(cls)
        client._make(from_environ(os.environ if environ is None else environ))
        return client

    def _make(self, target: Target) -> None:
        self._wire = Wire(target)


class AsyncBase(Base):
    """For `async with`, and `await`."""

    async def _send(
        self, method: "Method[Q, A]", request: Q, *, within_s: float | None = None, request_id: str = ""
    ) -> Answer[A]:
        return await self._wire.send(method, request, within_s=within_s, request_id=request_id)

    async def _pay_orders(self, orders: list[OrderToPay], within_s: float) -> list[Outcome]:
        return await pay_orders(self._wire, orders, within_s)

    async def close(self) -> None:
        """Close the connections; calls under way fail."""
        await self._wire.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class SyncBase(Base):
    """For `with`, from any number of threads. The calls themselves run in an event loop in a thread of the client's."""

    def _make(self, target: Target) -> None:
        super()._make(target)
        self._lock = threading.Lock()
        self._thread: LoopThread | None = None

    def _send(
        self, method: "Method[Q, A]", request: Q, *, within_s: float | None = None, request_id: str = ""
    ) -> Answer[A]:
        return self._loop().wait_for(self._wire.send(method, request, within_s=within_s, request_id=request_id))

    def _pay_orders(self, orders: list[OrderToPay], within_s: float) -> list[Outcome]:
        return self._loop().wait_for(pay_orders(self._wire, orders, within_s))

    def _loop(self) -> LoopThread:
        if _a_loop_runs_here():
            raise RuntimeError("Client would block the event loop that runs here: use AsyncClient")
        with self._lock:
            self._wire.enter()
            if self._thread is None:
                self._thread = LoopThread("payonce-client")
            return self._thread

    def close(self) -> None:
        """Close the connections, and end the thread; calls under way fail."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._wire.closed = True
        if thread and not self._wire.elsewhere:
            thread.wait_for(self._wire.close())
            thread.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _a_loop_runs_here() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
