"""How a test acts as somebody: `Acting.as_caller`. The rest of tests/access knows nothing of how it is done.

Both services are assembled as they are in production, and served in this process behind a door that believes what a
call's metadata say of its caller: who is let in, and how they prove who they are, is tested in other places. Calls
without such metadata are the developer's; so are payment_service's own. Nothing runs in the background: what a test
sees changing, its calls have changed.
"""

import contextlib
import os
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any
from unittest import mock

import grpc

import order_service.main
import payment_service.main
from order_service.rpc.access import ACCESS as ORDER_ACCESS
from payment_service.clients.orders import OrdersClient
from payment_service.rpc.access import ACCESS as PAYMENT_ACCESS
from payonce.order.v1.order_service_pb2_grpc import OrderServiceStub
from payonce.payment.v1.payment_service_pb2_grpc import PaymentServiceStub
from shared.callers import Caller, Role
from shared.rpc.access import AccessTable, scope_of, set_caller
from shared.rpc.registrar import Registrar
from shared.rpc.server import Service
from tests.harness.postgres import Pair
from tests.harness.stubs import OPTIONS, Stubs

ACCESS: dict[str, AccessTable] = {"OrderService": ORDER_ACCESS, "PaymentService": PAYMENT_ACCESS}
ROLE, SUBJECT = "test-role", "test-subject"


class Acting:
    """Both services, for whoever calls. The `clerk` may do everything."""

    def __init__(self, pair: Pair, order_address: str, payment_address: str, stack: contextlib.AsyncExitStack) -> None:
        self.pair = pair
        self._order_address = order_address
        self._payment_address = payment_address
        self._stack = stack
        self._stubs: dict[tuple[Role, str] | None, Stubs] = {}
        self.clerk = self._of(None)

    def as_caller(self, role: Role, subject: str) -> Stubs:
        """Stubs whose calls are this caller's."""
        return self._of((role, subject))

    def orders_client(self) -> OrdersClient:
        """order_service, as payment_service sees it."""
        return OrdersClient(self._order_address, timeout_s=8)

    def _of(self, who: tuple[Role, str] | None) -> Stubs:
        if who not in self._stubs:
            self._stubs[who] = stubs = Stubs.__new__(Stubs)
            doors = [_As(*who)] if who else []
            stubs.order_channel = grpc.aio.insecure_channel(self._order_address, OPTIONS, interceptors=doors)
            stubs.payment_channel = grpc.aio.insecure_channel(self._payment_address, OPTIONS, interceptors=doors)
            stubs.orders = OrderServiceStub(stubs.order_channel)
            stubs.payments = PaymentServiceStub(stubs.payment_channel)
            self._stack.push_async_callback(stubs.close)
        return self._stubs[who]


@contextlib.asynccontextmanager
async def acting(pair: Pair) -> AsyncIterator[Acting]:
    """Both services over the pair of databases."""
    async with contextlib.AsyncExitStack() as stack:
        orders = await _serve(stack, order_service.main.assemble, pair.orders_url, ORDER_ACCESS)
        with mock.patch.dict(os.environ, {"PAYMENT_ORDER_SERVICE": orders, "PAYMENT_ORDER_TIMEOUT_S": "8"}):
            payments = await _serve(stack, payment_service.main.assemble, pair.payments_url, PAYMENT_ACCESS)
        yield Acting(pair, orders, payments, stack)


async def _serve(
    stack: contextlib.AsyncExitStack,
    assemble: Callable[[str, Callable[[], None]], Service],
    url: str,
    table: AccessTable,
) -> str:
    service = assemble(url, lambda: None)
    server = grpc.aio.server()
    service.register(_Door(Registrar(server), table))  # type: ignore[arg-type]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    for database in service.databases:
        stack.push_async_callback(database.close)
    for drain in service.drain:
        stack.push_async_callback(drain)
    stack.push_async_callback(server.stop, None)
    return f"127.0.0.1:{port}"


class _Door:
    """Between the registrar and the service's methods."""

    def __init__(self, registrar: Registrar, table: AccessTable) -> None:
        self._registrar = registrar
        self._table = table

    def add_generic_rpc_handlers(self, handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        self._registrar.add_generic_rpc_handlers([_Asking(one, self._table) for one in handlers])

    def add_registered_method_handlers(self, service: str, handlers: dict[str, Any]) -> None:
        """Once is enough."""


class _Asking(grpc.GenericRpcHandler):
    def __init__(self, inner: grpc.GenericRpcHandler, table: AccessTable) -> None:
        self._inner = inner
        self._table = table

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        handler: Any = self._inner.service(handler_call_details)
        name = handler_call_details.method.rpartition("/")[2]

        async def asked(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            said = dict(context.invocation_metadata() or ())
            if ROLE in said:
                role = Role(str(said[ROLE]))
                scope = scope_of(self._table, name, role)
                if scope is None:
                    await context.abort(grpc.StatusCode.PERMISSION_DENIED, f"A {role} may not call this method.")
                    raise AssertionError("abort does not return")
                set_caller(Caller(role, str(said[SUBJECT]), scope))
            return await handler.unary_unary(request, context)

        return grpc.unary_unary_rpc_method_handler(asked, handler.request_deserializer, handler.response_serializer)


class _As(grpc.aio.UnaryUnaryClientInterceptor):
    def __init__(self, role: Role, subject: str) -> None:
        self._says = ((ROLE, role.value), (SUBJECT, subject))

    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        metadata = grpc.aio.Metadata(*(client_call_details.metadata or ()), *self._says)
        return await continuation(client_call_details._replace(metadata=metadata), request)
