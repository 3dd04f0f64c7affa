"""Where telemetry goes while it is measured: an OTLP collector that looks at nothing. Started by `python -m bench`."""

import asyncio
import sys
from typing import Any

import grpc
import uvloop

SERVICES = {kind: f"opentelemetry.proto.collector.{kind.lower()}.v1.{kind}Service" for kind in ("Trace", "Metrics")}


def telemetry(address: str) -> dict[str, str]:
    """What the services are told: metrics for whoever asks, and to `address`; as many traces as by default."""
    return {
        "ORDER_METRICS_LISTEN": "127.0.0.1:0",
        "PAYMENT_METRICS_LISTEN": "127.0.0.1:0",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{address}",
        "OTEL_METRIC_EXPORT_INTERVAL": "5000",  # ms; Prometheus asks less often
    }


async def _export(request: bytes, _: Any) -> bytes:
    return request[:0]  # an empty response


async def main() -> None:
    """Serve until our stdin ends."""
    server = grpc.aio.server()
    method: Any = grpc.unary_unary_rpc_method_handler(_export)
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler(name, {"Export": method}) for name in SERVICES.values()]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"sink listening on 127.0.0.1:{port}", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await server.stop(None)


if __name__ == "__main__":
    uvloop.run(main())
