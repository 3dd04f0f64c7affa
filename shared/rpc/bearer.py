"""A token on each call of a channel.

By an interceptor, not by gRPC's call credentials: those can lock up a grpc.aio channel that is closed (grpc's pull
request 42247).
"""

from collections.abc import Callable
from typing import Any

import grpc


class Bearer(grpc.aio.UnaryUnaryClientInterceptor):
    """Adds what `token` says at that moment, so that a token may be renewed while the channel is open."""

    def __init__(self, token: Callable[[], str]) -> None:
        self._token = token

    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        """The call, with its token."""
        said = ("authorization", f"Bearer {self._token()}")
        metadata = grpc.aio.Metadata(*(client_call_details.metadata or ()), said)
        return await continuation(client_call_details._replace(metadata=metadata), request)
