"""A channel's deadline is the one that was asked for, and the server knows it.

gRPC's own `timeout` in a service config ends a call one to two seconds too early, as the process's clocks happen to
stand to each other (https://github.com/grpc/grpc/issues/34547), and tells the server nothing.
"""

from collections.abc import AsyncIterator

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from shared.rpc.client import channel

ASKED = health_pb2.HealthCheckRequest()


class Noting(health_pb2_grpc.HealthServicer):  # type: ignore[misc] # the library has no types
    """Says SERVING, and notes how long its caller waits."""

    remaining_s: float | None = None

    async def Check(  # noqa: N802
        self, _: object, context: grpc.aio.ServicerContext[object, object]
    ) -> health_pb2.HealthCheckResponse:
        self.remaining_s = context.time_remaining()
        return health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)


@pytest.fixture
async def noting() -> AsyncIterator[tuple[Noting, str]]:
    servicer, server = Noting(), grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield servicer, f"127.0.0.1:{port}"
    await server.stop(None)


@pytest.mark.parametrize(
    ("given", "longest_s"),
    [({}, 60.0), ({"timeout": None}, 60.0), ({"timeout": 30.0}, 30.0), ({"timeout": 600.0}, 60.0)],
)
async def test_the_server_knows_how_long_its_caller_waits(
    noting: tuple[Noting, str], given: dict[str, float | None], longest_s: float
) -> None:
    servicer, address = noting
    async with channel(address, ["grpc.health.v1.Health"], timeout_s=60.0, attempts=3) as calls:
        await health_pb2_grpc.HealthStub(calls).Check(ASKED, **given)
    assert servicer.remaining_s is not None
    # On the wire a timeout is rounded up to few digits (core's timeout_encoding), so a little more may be left there.
    assert longest_s / 2 < servicer.remaining_s < 1.01 * longest_s
