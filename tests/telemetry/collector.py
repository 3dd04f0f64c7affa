"""An OpenTelemetry collector as far as a test needs one: OTLP over gRPC, and all that came is kept."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

PATIENCE_S = 60.0


class Collector:
    """What the services sent, by service."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Span]] = []
        self.metrics: dict[tuple[str, str], Metric] = {}
        self._came = asyncio.Condition()

    async def until(self, enough: Callable[[], Any]) -> None:
        """Wait until what came is enough."""
        async with asyncio.timeout(PATIENCE_S), self._came:
            await self._came.wait_for(lambda: bool(enough()))

    def named(self, name: str) -> list[Span]:
        """The spans whose name ends so."""
        return [span for _, span in self.spans if span.name.endswith(name)]

    def trace(self, trace_id: bytes) -> dict[bytes, tuple[str, Span]]:
        """The spans of one trace by their ids, each with its service."""
        return {span.span_id: (service, span) for service, span in self.spans if span.trace_id == trace_id}


class _Traces(trace_service_pb2_grpc.TraceServiceServicer):
    def __init__(self, kept: Collector) -> None:
        self._kept = kept

    async def Export(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002 - gRPC's
        async with self._kept._came:
            for resource in request.resource_spans:
                service = str(attributes(resource.resource.attributes)["service.name"])
                for scope in resource.scope_spans:
                    self._kept.spans += [(service, span) for span in scope.spans]
            self._kept._came.notify_all()
        return trace_service_pb2.ExportTraceServiceResponse()


class _Metrics(metrics_service_pb2_grpc.MetricsServiceServicer):
    def __init__(self, kept: Collector) -> None:
        self._kept = kept

    async def Export(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002 - gRPC's
        async with self._kept._came:
            for resource in request.resource_metrics:
                service = str(attributes(resource.resource.attributes)["service.name"])
                for scope in resource.scope_metrics:
                    self._kept.metrics |= {(service, metric.name): metric for metric in scope.metrics}
            self._kept._came.notify_all()
        return metrics_service_pb2.ExportMetricsServiceResponse()


def attributes(pairs: Any) -> dict[str, str | int | bool]:
    """The attributes of a span, a resource or a point, as Python has them."""

    def value(pair: KeyValue) -> Any:
        return getattr(pair.value, str(pair.value.WhichOneof("value")))

    return {pair.key: value(pair) for pair in pairs}


@contextlib.asynccontextmanager
async def collector() -> AsyncIterator[tuple[Collector, dict[str, str]]]:
    """One that listens, and what a service has to be told to send it everything, at once."""
    kept = Collector()
    server = grpc.aio.server()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(_Traces(kept), server)
    metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(_Metrics(kept), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield (
            kept,
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
                "OTEL_TRACES_SAMPLER": "parentbased_always_on",
                "OTEL_BSP_SCHEDULE_DELAY": "100",
                "OTEL_METRIC_EXPORT_INTERVAL": "200",
            },
        )
    finally:
        await server.stop(None)
