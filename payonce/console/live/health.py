"""Whether a service says that it serves: gRPC's standard health check, which asks for no token."""

from typing import NamedTuple

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from shared.rpc.client import channel

HEALTH = "grpc.health.v1.Health"
LIMIT_S = 1.0


class Peer(NamedTuple):
    """A service that is watched: its name, where it is, and where its metrics are."""

    name: str
    address: str
    metrics: tuple[str, ...] = ()


class Health:
    """Of one service."""

    def __init__(self, address: str, credentials: grpc.ChannelCredentials | None) -> None:
        self._channel = channel(address, [HEALTH], timeout_s=LIMIT_S, attempts=2, credentials=credentials)
        self._stub = health_pb2_grpc.HealthStub(self._channel)

    async def serves(self) -> bool:
        """Whether calls are taken now."""
        try:
            answer = await self._stub.Check(health_pb2.HealthCheckRequest())
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    async def close(self) -> None:
        """Look no more."""
        await self._channel.close()
