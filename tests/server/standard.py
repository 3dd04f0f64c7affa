"""What the server tests share: the standard services as a client sees them."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.harness.postgres import Pair
from tests.harness.services import Environment, Running
from tests.harness.stubs import OPTIONS

SERVICES = {"order_service": "payonce.order.v1.OrderService", "payment_service": "payonce.payment.v1.PaymentService"}
PREFIX = {"order_service": "ORDER", "payment_service": "PAYMENT"}
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
Health: TypeAlias = "health_pb2.HealthCheckResponse.ServingStatus.ValueType"


def owner_url(pair: Pair, module: str) -> str:
    """For the test itself, which looks and locks."""
    return pair.orders_url if module == "order_service" else pair.payments_url


def database_url(pair: Pair, module: str) -> str:
    """For the service."""
    return pair.orders_login if module == "order_service" else pair.payments_login


def settings(module: str, **values: str) -> Environment:
    """`settings("order_service", LISTEN=…)` is `{"ORDER_LISTEN": …}`."""
    return {f"{PREFIX[module]}_{name}": value for name, value in values.items()}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def nobody_listens(address: str) -> None:
    """Until the port is closed: a server that drains is past all that it does before it stops."""
    host, _, port = address.rpartition(":")
    deadline = time.monotonic() + 20
    while True:
        try:
            _, writer = await asyncio.open_connection(host, int(port))
        except ConnectionRefusedError:
            return
        writer.close()
        assert time.monotonic() < deadline, f"{address} still listens"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def launched(module: str, env: Environment, *arguments: str) -> AsyncIterator[Running]:
    """A process, listening or not; gone at the end."""
    running = await Running.launch(module, env, *arguments)
    try:
        yield running
    finally:
        await running.forget()


@asynccontextmanager
async def channel(address: str) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(address, options=OPTIONS) as opened:
        yield opened


@asynccontextmanager
async def watching(address: str, service: str) -> AsyncIterator[AsyncIterator[Health]]:
    """The health of a service, as it changes."""
    async with channel(address) as opened:
        stub = health_pb2_grpc.HealthStub(opened)
        call = stub.Watch(health_pb2.HealthCheckRequest(service=service), wait_for_ready=True, timeout=30)

        async def changes() -> AsyncIterator[Health]:
            async for response in call:
                yield response.status

        yield changes()
