"""The metrics of the registry, as OpenTelemetry has them, sent to a collector every now and then."""

import itertools
import os
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import export as otel
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.samples import Sample

INTERVAL_MS = 60_000.0  # OpenTelemetry's own default
CUMULATIVE = otel.AggregationTemporality.CUMULATIVE


class Sender:
    """A thread that exports once an interval, OTEL_METRIC_EXPORT_INTERVAL (ms), and once more at the end."""

    def __init__(self, registry: CollectorRegistry, resource: Resource) -> None:
        self._registry = registry
        self._resource = resource
        self._exporter = OTLPMetricExporter()
        self._began_ns = time.time_ns()
        self._interval_s = float(os.environ.get("OTEL_METRIC_EXPORT_INTERVAL") or INTERVAL_MS) / 1000
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="otlp-metrics", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopping.wait(self._interval_s):
            self._exporter.export(self._data())  # it logs what goes wrong
        self._exporter.export(self._data())

    def send_rest(self) -> None:
        """Export once more, and end."""
        self._stopping.set()
        self._thread.join()
        self._exporter.shutdown()

    def give_up(self) -> None:
        """What was not sent by now is not to be."""
        self._exporter.shutdown()

    def _data(self) -> otel.MetricsData:
        metrics = converted(self._registry.collect(), self._began_ns, time.time_ns())
        scope = otel.ScopeMetrics(InstrumentationScope("payonce"), metrics, "")
        return otel.MetricsData([otel.ResourceMetrics(self._resource, [scope], "")])


def converted(families: Iterable[Metric], began_ns: int, now_ns: int) -> list[otel.Metric]:
    """The families of a registry that have samples. Counters and histograms are cumulative since `began_ns`."""
    made = []
    for family in families:
        data: Any
        if family.type == "histogram":
            points = [_histogram(group, began_ns, now_ns) for group in _groups(family)]
            data = otel.Histogram(points, CUMULATIVE)
        elif family.type == "counter":
            data = otel.Sum(_numbers(family, "_total", began_ns, now_ns), CUMULATIVE, is_monotonic=True)
        else:
            data = otel.Gauge(_numbers(family, "", began_ns, now_ns))
        if data.data_points:
            made.append(otel.Metric(family.name, family.documentation, family.unit, data))
    return made


def _numbers(family: Metric, suffix: str, began_ns: int, now_ns: int) -> list[otel.NumberDataPoint]:
    return [
        otel.NumberDataPoint(dict(sample.labels), began_ns, now_ns, sample.value)
        for sample in family.samples
        if sample.name == family.name + suffix
    ]


def _groups(family: Metric) -> list[list[Sample]]:
    """The samples of each set of labels."""
    groups: dict[tuple[tuple[str, str], ...], list[Sample]] = {}
    for sample in family.samples:
        key = tuple(sorted((name, value) for name, value in sample.labels.items() if name != "le"))
        groups.setdefault(key, []).append(sample)
    return list(groups.values())


def _histogram(samples: Sequence[Sample], began_ns: int, now_ns: int) -> otel.HistogramDataPoint:
    """Prometheus counts each bucket with all below it, and calls the last one +Inf."""
    labels = {name: value for name, value in samples[0].labels.items() if name != "le"}
    buckets = sorted((float(s.labels["le"]), int(s.value)) for s in samples if s.name.endswith("_bucket"))
    below = [0, *(count for _, count in buckets)]
    total = next(s.value for s in samples if s.name.endswith("_sum"))
    return otel.HistogramDataPoint(
        attributes=labels,
        start_time_unix_nano=began_ns,
        time_unix_nano=now_ns,
        count=below[-1],
        sum=total,
        bucket_counts=[upper - lower for lower, upper in itertools.pairwise(below)],
        explicit_bounds=[bound for bound, _ in buckets[:-1]],
        min=float("nan"),
        max=float("nan"),
    )
