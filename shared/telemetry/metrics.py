"""What both services count. The names are documented in docs/telemetry.md, and a test compares.

prometheus_client keeps the numbers, whoever wants them: a count costs a microsecond there, an instrument of
OpenTelemetry's ten (docs/decisions/0025-telemetry.md).
"""

import collections
import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

# Each would double the series, and nobody asks for them.
disable_created_metrics()  # type: ignore[no-untyped-call]
REGISTRY = CollectorRegistry()
PROCESS = ProcessCollector(registry=REGISTRY)  # CPU, memory, file descriptors: process_…

# From a call that does nothing to a caller's patience.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)

REQUESTS = Histogram(
    "payonce_request_seconds", "Calls by method and gRPC code, from the first look at them to their answer.",
    ["method", "code"], registry=REGISTRY, buckets=SECONDS,
)  # fmt: skip
REPLAYS = Counter(
    "payonce_replays", "Answers that were given before: each a second charge that did not happen.",
    ["method"], registry=REGISTRY,
)  # fmt: skip
REFUSALS = Counter(
    "payonce_refusals", "Answers other than OK by ErrorInfo.reason; in BatchPayOrders one for each order.",
    ["method", "reason"], registry=REGISTRY,
)  # fmt: skip
BATCH_SIZE = Histogram(
    "payonce_batch_size", "Requests that travelled together.", ["queue"], registry=REGISTRY, buckets=SIZES
)
BATCH_WAIT = Histogram(
    "payonce_batch_wait_seconds", "How long the first one of a batch waited for it to leave.",
    ["queue"], registry=REGISTRY, buckets=SECONDS,
)  # fmt: skip
TRANSACTIONS = Histogram(
    "payonce_transaction_seconds", "Transactions by name, with the wait for a connection and all attempts.",
    ["transaction"], registry=REGISTRY, buckets=SECONDS,
)  # fmt: skip
DATABASE_AGAIN = Counter(
    "payonce_transaction_retries", "Attempts made again after a lost connection, a deadlock or the like.",
    ["sqlstate"], registry=REGISTRY,
)  # fmt: skip
EVENTS = Counter(
    "payonce_history_events", "Lines written to the history: charged, declined, refunded, reversed, ….",
    ["event"], registry=REGISTRY,
)  # fmt: skip
FAILED_HANDSHAKES = Counter(
    "payonce_failed_handshakes", "TLS handshakes that failed for what was said in them, as server or as client.",
    registry=REGISTRY,
)  # fmt: skip
FILES_NOT_TAKEN = Gauge(
    "payonce_files_not_taken", "Sets of certificates or keys whose files hold others that are no good.",
    registry=REGISTRY,
)  # fmt: skip
CERTIFICATE_EXPIRES = Gauge(
    "payonce_certificate_expires_timestamp_seconds",
    "When the certificate in use, or one of its chain, ends (Unix time); +Inf without TLS.",
    registry=REGISTRY,
)
CERTIFICATE_EXPIRES.set(float("inf"))  # an alert may then look at every service
DATABASE_AGAIN.labels("")  # a rate of what was never seen can't be told

# `labels` costs more than the observation; there are only so many methods and codes.
request_seconds = functools.cache(REQUESTS.labels)


def count_events(kinds: Iterable[str]) -> None:
    """Lines of the history, as they are written; a transaction that has to be made again counts its lines again."""
    for kind, times in collections.Counter(kinds).items():
        EVENTS.labels(kind).inc(times)


class Queue(Protocol):
    """Where requests wait."""

    def waiting(self) -> tuple[int, int]:
        """How many there are, and how many there may be."""


class Pool(Protocol):
    """Where connections are kept."""

    def connections(self) -> tuple[int, int]:
        """How many are in use, and how many there may be."""


class Watched(Collector):
    """What is read when somebody asks, and costs nothing until then."""

    def __init__(self) -> None:
        self._queues: Mapping[str, Queue] = {}
        self._pools: Mapping[str, Pool] = {}

    def watch(self, *, pools: Mapping[str, Pool], queues: Mapping[str, Queue] | None = None) -> None:
        """The process's pools and queues, by name."""
        self._pools, self._queues = pools, queues or {}

    def collect(self) -> Iterator[Metric]:
        """Four gauges; those of queues only where there are some."""
        waiting = {name: queue.waiting() for name, queue in self._queues.items()}
        connections = {name: pool.connections() for name, pool in self._pools.items()}
        yield _gauge("payonce_queue_depth", "Requests that wait for a batch.", "queue", waiting, 0)
        yield _gauge("payonce_queue_limit", "How many may wait; more are refused.", "queue", waiting, 1)
        yield _gauge("payonce_pool_in_use", "Database connections in use.", "pool", connections, 0)
        yield _gauge("payonce_pool_size", "How many there may be.", "pool", connections, 1)


def _gauge(name: str, text: str, label: str, values: Mapping[str, tuple[int, int]], which: int) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, pair in values.items():
        family.add_metric([key], pair[which])
    return family


WATCHED = Watched()
REGISTRY.register(WATCHED)
