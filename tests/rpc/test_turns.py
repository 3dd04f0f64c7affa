"""A name with several addresses is several servers: a channel takes turns among them, and leaves out what is gone."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from shared.rpc.client import channel


class Counting(health_pb2_grpc.HealthServicer):  # type: ignore[misc] # the library has no types
    """Says SERVING, and counts."""

    def __init__(self) -> None:
        self.asked = 0

    async def Check(self, request: object, context: object) -> health_pb2.HealthCheckResponse:  # noqa: N802, ARG002
        self.asked += 1
        return health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[tuple[Counting, grpc.aio.Server, int]]:
    counting, server = Counting(), grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(counting, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield counting, server, port
    finally:
        await server.stop(None)


async def test_servers_of_one_name_take_turns() -> None:
    async with serving() as (one, leaving, port), serving() as (other, _, other_port):
        address = f"ipv4:127.0.0.1:{port},127.0.0.1:{other_port}"
        async with channel(address, ["grpc.health.v1.Health"], timeout_s=20, attempts=5) as calls:
            stub = health_pb2_grpc.HealthStub(calls)
            async with asyncio.timeout(20):
                while not (one.asked and other.asked):  # until both are connected
                    await stub.Check(health_pb2.HealthCheckRequest())
            before = one.asked, other.asked
            for _ in range(10):
                await stub.Check(health_pb2.HealthCheckRequest())
            assert (one.asked - before[0], other.asked - before[1]) == (5, 5)

            await leaving.stop(None)
            for _ in range(10):
                await stub.Check(health_pb2.HealthCheckRequest())
            assert other.asked == before[1] + 15
