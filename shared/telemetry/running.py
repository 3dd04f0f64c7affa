"""Telemetry's life: on before a service is put together, off once it has drained.

Metrics are served for Prometheus where an address is set; the variables of OpenTelemetry, OTEL_…, say the rest.
"""

import contextlib
import os
from collections.abc import Callable, Iterator

import structlog
from prometheus_client import start_http_server

from shared.errors import StartupError
from shared.telemetry.metrics import REGISTRY
from shared.telemetry.switch import SWITCH

log = structlog.get_logger()


@contextlib.contextmanager
def running(name: str, metrics_listen: str | None) -> Iterator[None]:
    """Within this, what `name` does is measured, as far as it is asked for. Raises StartupError."""
    with contextlib.ExitStack() as stack:
        if metrics_listen:
            stack.callback(_serve_metrics(metrics_listen))
            SWITCH.metrics = True
        if _wants_otlp():
            # Imported here: it takes a moment that a service without it need not wait.
            from shared.telemetry.sdk import start  # noqa: PLC0415

            stack.callback(start(name))
        yield


def _wants_otlp() -> bool:
    """Whether a collector is named, and OpenTelemetry not forbidden."""
    wanted = any(os.environ.get(f"OTEL_EXPORTER_OTLP_{which}ENDPOINT") for which in ("", "TRACES_", "METRICS_"))
    return wanted and os.environ.get("OTEL_SDK_DISABLED", "").lower() != "true"


def _serve_metrics(listen: str) -> Callable[[], None]:
    """Serve, in a thread of its own; what ends it. Each worker has a port of its own, from the given one upward."""
    host, _, text = listen.rpartition(":")
    port = int(text) and int(text) + int(os.environ.get("PAYONCE_WORKER", "1")) - 1
    try:
        server, thread = start_http_server(port, host.strip("[]"), REGISTRY)
    except (OSError, OverflowError):
        raise StartupError(f"cannot serve metrics on {host}:{port}: is the port in use?") from None
    # Or each connection that says nothing would keep a thread for ever.
    server.RequestHandlerClass.timeout = 5.0  # type: ignore[attr-defined]
    log.info("metrics.listening", address=f"{host}:{server.server_port}")

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop
