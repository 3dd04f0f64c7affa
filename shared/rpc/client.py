"""Channels with deadlines and a retry policy, as gRPC's own service config."""

import json
from collections.abc import Sequence

import grpc

CONNECT = [
    # grpc's default backs off to two minutes; a peer that is back should be found at once.
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # A peer that vanished without a word (half-open connection) is noticed while a call waits for it.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
]


def service_config(services: Sequence[str], *, timeout_s: float, attempts: int) -> str:
    """Every method of `services`: a deadline, and retries of what the server says is worth retrying.

    Every method of payonce is idempotent, so retrying UNAVAILABLE is safe even when the first try did arrive.
    """
    method = {
        "name": [{"service": name} for name in services],
        "timeout": f"{timeout_s}s",
        "retryPolicy": {
            "maxAttempts": attempts,
            "initialBackoff": "0.05s",
            "maxBackoff": "1s",
            "backoffMultiplier": 2,
            # CANCELLED by the server: it stopped before it took the call in. A caller's own is never retried.
            "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED", "CANCELLED"],
        },
    }
    return json.dumps({"methodConfig": [method]})


def channel(address: str, services: Sequence[str], *, timeout_s: float, attempts: int) -> grpc.aio.Channel:
    """A channel to `address`. Plain text; for loopback and private networks."""
    config = service_config(services, timeout_s=timeout_s, attempts=attempts)
    # A pool of its own: otherwise channels of one process share a connection, and its fate.
    options = [*CONNECT, ("grpc.service_config", config), ("grpc.use_local_subchannel_pool", 1)]
    return grpc.aio.insecure_channel(address, options=options)
