"""What an audit found, as metrics in a file: for the textfile collector of Prometheus's node_exporter."""

from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile


def write_outcome(path: Path, *, passed: bool) -> None:
    """Replace the file, in one step; its name must end in `.prom` for the collector to read it."""
    registry = CollectorRegistry()
    Gauge("payonce_audit_passed", "1 when the last audit found nothing, else 0.", registry=registry).set(passed)
    at = Gauge("payonce_audit_timestamp_seconds", "When it ended (Unix time).", registry=registry)
    at.set_to_current_time()
    write_to_textfile(str(path), registry)
