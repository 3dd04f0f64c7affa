"""Channels with deadlines, and a retry policy as gRPC's own service config."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar, cast

import grpc

from shared.rpc.bearer import Bearer
from shared.rpc.tls import TlsFiles, channel_credentials
from shared.telemetry.channels import traced

S = TypeVar("S")
LOOK_EVERY_S = 1.0  # at the files of certificates
# A retry for each ten calls that went well; after five hundred that did not, none (docs/decisions/0027).
RETRY_BUDGET = {"maxTokens": 1000, "tokenRatio": 0.1}

CONNECT = [
    # grpc's default backs off to two minutes; a peer that is back should be found at once.
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 1000),
    # Shorter than what the retries of one call take together, or they would be over before the next look.
    ("grpc.max_reconnect_backoff_ms", 400),
    # A peer that vanished without a word (half-open connection) is noticed while a call waits for it.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    # Of a name with several addresses one may go and come back with another; grpc's default asks again after 30 s.
    ("grpc.dns_min_time_between_resolutions_ms", 5_000),
]


def service_config(services: Sequence[str], *, attempts: int, retry_budget: bool = False) -> str:
    """Every method of `services`: retries of what the server says is worth retrying.

    Every method of payonce is idempotent, so retrying UNAVAILABLE is safe even when the first try did arrive.
    With `retry_budget` all calls to one server share a number of retries, and get new ones by succeeding.
    """
    method: dict[str, Any] = {"name": [{"service": name} for name in services]}
    if attempts > 1:  # gRPC takes no policy of one try
        method["retryPolicy"] = {
            "maxAttempts": attempts,
            "initialBackoff": "0.05s",
            "maxBackoff": "1s",
            "backoffMultiplier": 2,
            # CANCELLED by the server: it stopped before it took the call in. A caller's own is never retried.
            "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED", "CANCELLED"],
        }
    # A name with several addresses is several servers: they take turns, and one that is gone is left out.
    config: dict[str, Any] = {"loadBalancingConfig": [{"round_robin": {}}], "methodConfig": [method]}
    if retry_budget:
        config["retryThrottling"] = RETRY_BUDGET
    return json.dumps(config)


def channel(
    address: str,
    services: Sequence[str],
    *,
    timeout_s: float,
    attempts: int,
    retry_budget: bool = False,
    credentials: grpc.ChannelCredentials | None = None,
    server_name: str = "",
    token: Callable[[], str] | None = None,
) -> grpc.aio.Channel:
    """A channel to `address`; plain text without `credentials`. Each call carries what `token` says then.

    A unary call ends after `timeout_s`, retries included; a `timeout` of its own can only shorten that.

    The server's certificate must name `server_name`, or the address's host where that is not given.
    """
    config = service_config(services, attempts=attempts, retry_budget=retry_budget)
    # A pool of its own: otherwise channels of one process share a connection, and its fate.
    own: list[tuple[str, int | str]] = [("grpc.service_config", config), ("grpc.use_local_subchannel_pool", 1)]
    options = [*CONNECT, *own]
    bearers = [Bearer(token)] if token else []
    if credentials is None:
        return traced(_in_time(grpc.aio.insecure_channel(address, options=options, interceptors=bearers), timeout_s))
    if server_name:
        options.append(("grpc.ssl_target_name_override", server_name))
    secure = grpc.aio.secure_channel(address, credentials, options=options, interceptors=bearers)
    return traced(_in_time(secure, timeout_s))


def _in_time(channel: grpc.aio.Channel, timeout_s: float) -> grpc.aio.Channel:
    return cast("grpc.aio.Channel", _InTime(channel, timeout_s))  # it has all that `traced` needs of one


class _InTime:
    # Not by the service config: its timeouts end 1 to 2 s too early (https://github.com/grpc/grpc/issues/34547), and
    # the server is not told of them.
    def __init__(self, channel: grpc.aio.Channel, timeout_s: float) -> None:
        self._channel = channel
        self._timeout_s = timeout_s

    def unary_unary(self, *args: Any, **given: Any) -> Callable[..., Any]:
        method = self._channel.unary_unary(*args, **given)

        def call(request: Any, *, timeout: float | None = None, **words: Any) -> Any:
            limit_s = self._timeout_s if timeout is None else min(timeout, self._timeout_s)
            return method(request, timeout=limit_s, **words)

        return call

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)


class Link(Generic[S]):
    """A stub, on a new channel whenever our certificate, or whom we believe, has changed."""

    def __init__(
        self,
        connect: Callable[[grpc.ChannelCredentials | None], grpc.aio.Channel],
        stub: Callable[[grpc.aio.Channel], S],
        files: TlsFiles | None,
        *,
        grace_s: float,
    ) -> None:
        self._connect = connect
        self._make_stub = stub
        self._files = files
        self._grace_s = grace_s
        self._look_at = 0.0
        self._closing: set[asyncio.Task[None]] = set()
        self._open()

    def stub(self) -> S:
        """To make one call with."""
        if self._files and (now := time.monotonic()) >= self._look_at:
            self._look_at = now + LOOK_EVERY_S
            if self._files.changed():
                self._retire()
                self._open()
        return self._stub

    def _open(self) -> None:
        self._channel = self._connect(channel_credentials(self._files.value) if self._files else None)
        self._stub = self._make_stub(self._channel)

    def _retire(self) -> None:
        """Close it once the calls that are on it have ended."""
        closing = asyncio.create_task(self._channel.close(self._grace_s))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Close whatever is open, now."""
        await asyncio.gather(self._channel.close(), *self._closing)
