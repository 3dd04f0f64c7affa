"""How a test acts as somebody: `Acting.as_caller`. The rest of tests/access knows nothing of how it is done.

Both services are assembled as they are in production, and served in this process as they are there: people show a
client's certificate and a token, a service shows a certificate with its name. Nothing runs in the background: what a
test sees changing, its calls have changed.
"""

import contextlib
import os
from collections.abc import AsyncIterator, Callable
from typing import cast
from unittest import mock

import grpc

import order_service.main
import payment_service.main
from order_service.rpc.access import ACCESS as ORDER_ACCESS
from payment_service.clients.orders import OrdersClient
from payment_service.config import PaymentSettings
from payment_service.main import orders_client
from payment_service.rpc.access import ACCESS as PAYMENT_ACCESS
from payonce.dev_certs import PAYMENT_SERVICE_NAME
from shared.callers import Role
from shared.config import load
from shared.rpc.access import AccessTable
from shared.rpc.registrar import Registrar
from shared.rpc.server import Service
from tests.harness.postgres import Pair
from tests.harness.stubs import Stubs
from tests.security.world import Keys, Shown

ACCESS: dict[str, AccessTable] = {"OrderService": ORDER_ACCESS, "PaymentService": PAYMENT_ACCESS}
# Both know payment_service by its name, so that its role is refused for what it is; tests ask more often than people.
MORE = {"PAYMENT_SERVICE_NAMES": PAYMENT_SERVICE_NAME, "ORDER_RATE_LIMIT": "0", "PAYMENT_RATE_LIMIT": "0"}


class Acting:
    """Both services, for whoever calls. The `clerk` is of the back office, and makes what the tests want."""

    def __init__(self, pair: Pair, keys: Keys, addresses: tuple[str, str], stack: contextlib.AsyncExitStack) -> None:
        self.pair = pair
        self._keys = keys
        self._addresses = addresses
        self._stack = stack
        self._stubs: dict[tuple[Role, str], Stubs] = {}
        self.clerk = self.as_caller(Role.BACKOFFICE, "clerk")

    def as_caller(self, role: Role, subject: str) -> Stubs:
        """Stubs whose calls are this caller's."""
        if (role, subject) not in self._stubs:
            service = Shown(self._keys.tls("payment_service"))
            shown = service if role is Role.SERVICE else self._keys.caller(role, subject)
            stubs = Stubs(*self._addresses, credentials=shown.tls, token=shown.token)
            self._stubs[role, subject] = stubs
            self._stack.push_async_callback(stubs.close)
        return self._stubs[role, subject]

    def orders_client(self) -> OrdersClient:
        """order_service, as payment_service sees it."""
        with mock.patch.dict(os.environ, _environment(self._keys, self._addresses[0])):
            return orders_client(load(PaymentSettings))


@contextlib.asynccontextmanager
async def acting(pair: Pair, keys: Keys) -> AsyncIterator[Acting]:
    """Both services over the pair of databases."""
    async with contextlib.AsyncExitStack() as stack:
        with mock.patch.dict(os.environ, _environment(keys)):
            orders = await _serve(stack, order_service.main.assemble, pair.orders_url)
        with mock.patch.dict(os.environ, _environment(keys, orders)):
            payments = await _serve(stack, payment_service.main.assemble, pair.payments_url)
        yield Acting(pair, keys, (orders, payments), stack)


def _environment(keys: Keys, orders: str = "") -> dict[str, str]:
    client = {"PAYMENT_ORDER_SERVICE": orders, "PAYMENT_ORDER_TIMEOUT_S": "8"} if orders else {}
    return {**keys.settings, **MORE, **client}


async def _serve(
    stack: contextlib.AsyncExitStack, assemble: Callable[[str, Callable[[], None]], Service], url: str
) -> str:
    service = assemble(url, lambda: None)
    exposure = service.exposure
    assert exposure.guard
    assert exposure.credentials
    server = grpc.aio.server()
    registrar = Registrar(server, access=exposure.access, guard=exposure.guard)
    service.register(cast("grpc.aio.Server", registrar))
    port = server.add_secure_port("127.0.0.1:0", exposure.credentials)
    await server.start()
    for database in service.databases:
        stack.push_async_callback(database.close)
    for drain in service.drain:
        stack.push_async_callback(drain)
    stack.push_async_callback(server.stop, None)
    return f"127.0.0.1:{port}"
