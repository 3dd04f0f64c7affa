"""A payment_service that says what a test wants it to say."""

import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import Any

import grpc

from payonce.client import PAYMENT_SERVICE
from payonce.payment.v1 import account_pb2, batch_pb2
from shared.errors import PayonceError
from shared.rpc.errors import STATUS_OF, trailing_metadata


class Scripted:
    """Refuses with each of `refusals`, then answers. It keeps the requests, and the seconds that each was given."""

    def __init__(self, refusals: Iterable[PayonceError] = (), outcomes: Iterable[list[Any]] = ()) -> None:
        self._refusals = iter(refusals)
        self._outcomes = iter(outcomes)
        self.requests: list[Any] = []
        self.limits_s: list[float | None] = []

    async def _deposit(self, request: Any, context: Any) -> account_pb2.DepositResponse:
        await self._refuse(request, context)
        return account_pb2.DepositResponse(entry=account_pb2.Entry(account_id=request.account_id))

    async def _batch(self, request: Any, context: Any) -> batch_pb2.BatchPayOrdersResponse:
        await self._refuse(request, context)
        return batch_pb2.BatchPayOrdersResponse(outcomes=next(self._outcomes))

    async def _refuse(self, request: Any, context: Any) -> None:
        self.requests.append(request)
        self.limits_s.append(context.time_remaining())
        if (error := next(self._refusals, None)) is not None:
            await context.abort(STATUS_OF[error.reason], error.message, trailing_metadata(error))

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Its address."""
        handlers: dict[str, Any] = {
            name: grpc.unary_unary_rpc_method_handler(method, reads, lambda answer: answer.SerializeToString())
            for name, method, reads in (
                ("Deposit", self._deposit, account_pb2.DepositRequest.FromString),
                ("BatchPayOrders", self._batch, batch_pb2.BatchPayOrdersRequest.FromString),
            )
        }
        server = grpc.aio.server()
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(PAYMENT_SERVICE, handlers)])
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            await server.stop(None)
