"""Callers without retries, deadlines or kindness: what a test sees is what the server said."""

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

import grpc

from payonce.order.v1.order_service_pb2_grpc import OrderServiceStub
from payonce.payment.v1.payment_service_pb2_grpc import PaymentServiceStub
from shared.rpc.bearer import Bearer

if TYPE_CHECKING:  # these two exist for the type checker only
    from payonce.order.v1.order_service_pb2_grpc import OrderServiceAsyncStub
    from payonce.payment.v1.payment_service_pb2_grpc import PaymentServiceAsyncStub

OPTIONS = (
    ("grpc.enable_retries", 0),
    # A connection of its own, and a server that is back is found at once.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 200),
)


class Stubs:
    """The generated stubs of both services."""

    orders: "OrderServiceAsyncStub"
    payments: "PaymentServiceAsyncStub"

    def __init__(
        self,
        order_address: str,
        payment_address: str,
        *,
        options: Sequence[tuple[str, int]] = OPTIONS,
        credentials: grpc.ChannelCredentials | None = None,
        token: str = "",
    ) -> None:
        bearers = [Bearer(lambda: token)] if token else []
        self.order_channel, self.payment_channel = (
            grpc.aio.secure_channel(address, credentials, options=options, interceptors=bearers)
            if credentials
            else grpc.aio.insecure_channel(address, options=options, interceptors=bearers)
            for address in (order_address, payment_address)
        )
        self.orders = OrderServiceStub(self.order_channel)
        self.payments = PaymentServiceStub(self.payment_channel)

    async def close(self) -> None:
        await self.order_channel.close()
        await self.payment_channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
