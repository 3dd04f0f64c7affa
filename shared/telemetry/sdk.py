"""OpenTelemetry's SDK, set up from its own variables: traces and metrics over OTLP (gRPC)."""

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import NamedTuple
from uuid import uuid4

import structlog
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased, Sampler

from shared.errors import StartupError
from shared.telemetry.metrics import REGISTRY
from shared.telemetry.otlp import Sender
from shared.telemetry.sampling import Sampling
from shared.telemetry.switch import SWITCH

PARENT_OR_RATIO = "parentbased_traceidratio"
LINKS_LIMIT = 512  # more than a batch has payments; OpenTelemetry's own limit would lose some
STOP_LIMIT_S = 3.0  # for what is still to be sent at the end; a collector that is gone must not keep a service
log = structlog.get_logger()


class End(NamedTuple):
    """How to end sending something: with what is left to be sent, or without."""

    send_rest: Callable[[], None]
    give_up: Callable[[], None]


def start(name: str) -> Callable[[], None]:
    """Send what the service `name` does to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names; what ends it."""
    for kind in ("TRACES_", "METRICS_", ""):
        if (os.environ.get(f"OTEL_EXPORTER_OTLP_{kind}PROTOCOL") or "grpc") != "grpc":
            raise StartupError(f"set OTEL_EXPORTER_OTLP_{kind}PROTOCOL to grpc: no other one is built in")
    _log_as_we_do(name)
    resource = _resource(name)
    ends: list[End] = []
    try:
        if os.environ.get("OTEL_TRACES_EXPORTER") != "none":
            ends.append(_start_traces(resource))
        if os.environ.get("OTEL_METRICS_EXPORTER") != "none":
            sender = Sender(REGISTRY, resource)
            SWITCH.metrics = True
            ends.append(End(sender.send_rest, sender.give_up))
    except ValueError as error:
        raise StartupError(f"one of the variables OTEL_… is wrong: {error}") from None
    return lambda: _stop(ends)


def _stop(ends: Sequence[End]) -> None:
    """All at once, so that together they take no longer than one."""
    SWITCH.tracer = None
    until = time.monotonic() + STOP_LIMIT_S
    sending = [threading.Thread(target=end.send_rest, daemon=True) for end in ends]
    for thread in sending:
        thread.start()
    for thread in sending:
        thread.join(max(0, until - time.monotonic()))
    for end, thread in zip(ends, sending, strict=True):
        if thread.is_alive():  # who has sent all has ended by itself, and logs that it is ended again
            end.give_up()


def _start_traces(resource: Resource) -> End:
    limits = SpanLimits(max_links=LINKS_LIMIT)
    provider = TracerProvider(_sampler(), resource, span_limits=limits, shutdown_on_exit=False)
    exporter = OTLPSpanExporter()
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    SWITCH.tracer = provider.get_tracer("payonce")
    return End(provider.shutdown, exporter.shutdown)


def _sampler() -> Sampler | None:
    """OpenTelemetry's own choice, where it is told; else by the caller's decision, and a part of what has none."""
    if (os.environ.get("OTEL_TRACES_SAMPLER") or PARENT_OR_RATIO) != PARENT_OR_RATIO:
        SWITCH.sampling = Sampling(1.0)
        return None
    told = os.environ.get("OTEL_TRACES_SAMPLER_ARG")
    ratio = float(told) if told else None
    if ratio is not None and not 0 <= ratio <= 1:
        raise ValueError("OTEL_TRACES_SAMPLER_ARG must be between 0 and 1")
    SWITCH.sampling = Sampling(ratio)
    return ParentBased(ALWAYS_ON)  # of those that have no parent only the part is asked about (`calls`)


def _resource(name: str) -> Resource:
    about = {"service.name": name, "service.version": version("payonce"), "service.instance.id": str(uuid4())}
    return Resource.create(about).merge(OTELResourceDetector().detect())  # what the environment says comes first


class _ToStructlog(logging.Handler):
    """What the SDK has to say, a collector out of reach for instance, in our own form."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        log.warning("opentelemetry", service=self._service, said=said)  # in threads that know no service


def _log_as_we_do(service: str) -> None:
    logger = logging.getLogger("opentelemetry")
    logger.handlers = [_ToStructlog(service)]
    logger.propagate = False
