"""A service's life: listen, say when it is healthy, serve, and on SIGTERM finish what was begun."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import cast

import grpc
import structlog
from grpc_health.v1 import health, health_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckResponse

from shared import garbage
from shared.database import Database
from shared.errors import StartupError, shutting_down, starting
from shared.rpc import limits
from shared.rpc.exposure import Exposure
from shared.rpc.gate import Gate
from shared.rpc.reflection import add_reflection
from shared.rpc.registrar import Registrar

OPTIONS = [
    # On by default, and then a second process silently shares the port. Workers (`--workers`) share it on purpose.
    ("grpc.so_reuseport", int("PAYONCE_WORKER" in os.environ)),
    *limits.OPTIONS,
]
HEALTH_INTERVAL_S = 1.0
PING_LIMIT_S = 2.0
log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Service:
    """The parts of a running service."""

    name: str
    address: str
    exposure: Exposure
    grpc_services: Sequence[str]
    register: Callable[[grpc.aio.Server], None]
    databases: Sequence[Database]  # the first one's health is the service's; all are closed at the end
    prepare: Callable[[], None]  # blocking; StartupError when the database is not as it must be
    background: Sequence[Callable[[], Awaitable[None]]] = ()  # runs as long as the service does
    drain: Sequence[Callable[[], Awaitable[None]]] = ()  # awaited in this order once no call is in flight
    grace_s: float = 10.0


async def serve(service: Service) -> None:
    """Serve until SIGTERM or SIGINT; then refuse new calls, finish those in flight, and return."""
    stop = stop_asked()
    server = grpc.aio.server(options=[*OPTIONS, *service.exposure.options])
    healthy = health.aio.HealthServicer()
    gate = Gate(starting)
    port = await _listen(server, healthy, service, gate)
    try:
        await asyncio.to_thread(service.prepare)
        garbage.settle()
        await _set_health(healthy, service, HealthCheckResponse.SERVING)  # its database was asked just now
        tasks = [asyncio.create_task(_watch_health(healthy, service))]
        tasks += [asyncio.ensure_future(part()) for part in service.background]
        gate.open()
        say_listening(service.name, f"{service.address.rpartition(':')[0]}:{port}")
        await stop.wait()
        log.info("draining")
        await healthy.enter_graceful_shutdown()
        await gate.close(shutting_down)
        await server.stop(service.grace_s)
        for part in service.drain:
            await part()
        await _cancel(tasks)
        log.info("stopped")
    finally:
        await server.stop(None)
        await asyncio.gather(*(database.close() for database in service.databases))


def stop_asked() -> asyncio.Event:
    """Set by SIGTERM, by SIGINT, and, with PAYONCE_STOP_AT_EOF, by the end of stdin."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if os.environ.get("PAYONCE_STOP_AT_EOF"):
        _stop_at_eof(stop)
    return stop


def say_listening(name: str, address: str) -> None:
    """The line that whoever started the service waits for."""
    print(f"{name} listening on {address}", flush=True)  # noqa: T201


def cannot_listen(address: str) -> StartupError:
    return StartupError(f"cannot listen on {address}: is the port in use?")


def _stop_at_eof(stop: asyncio.Event) -> None:
    """Whoever started us holds the other end of our stdin; once they are gone, however it was, nobody wants us."""
    loop = asyncio.get_running_loop()

    def readable() -> None:
        if not os.read(sys.stdin.fileno(), 1024):
            loop.remove_reader(sys.stdin.fileno())
            stop.set()

    loop.add_reader(sys.stdin.fileno(), readable)


async def _listen(server: grpc.aio.Server, healthy: health.aio.HealthServicer, service: Service, gate: Gate) -> int:
    exposure = service.exposure
    service.register(_as_server(Registrar(server, gate, exposure.access, exposure.guard)))
    health_pb2_grpc.add_HealthServicer_to_server(healthy, _as_server(Registrar(server)))
    if exposure.reflection:
        add_reflection(server, [*service.grpc_services, health.SERVICE_NAME])
    await _set_health(healthy, service, HealthCheckResponse.NOT_SERVING)
    try:
        if exposure.credentials:
            port = server.add_secure_port(service.address, exposure.credentials)
        else:
            port = server.add_insecure_port(service.address)
    except RuntimeError:
        raise cannot_listen(service.address) from None
    await server.start()
    return port


def _as_server(registrar: Registrar) -> grpc.aio.Server:
    return cast("grpc.aio.Server", registrar)  # it has all that generated code needs of one


async def _watch_health(healthy: health.aio.HealthServicer, service: Service) -> None:
    """SERVING while the database answers, NOT_SERVING while it does not, or while that can't be told."""
    known: bool | None = None
    while True:
        try:
            answers = await service.databases[0].answers(within_s=PING_LIMIT_S)
        except Exception:
            log.exception("health.trouble")  # never silent, never the end of the watch
            answers = False
        if answers != known:
            log.info("health", serving=answers)
            known = answers
        status = HealthCheckResponse.SERVING if answers else HealthCheckResponse.NOT_SERVING
        await _set_health(healthy, service, status)
        await asyncio.sleep(HEALTH_INTERVAL_S)


async def _set_health(
    healthy: health.aio.HealthServicer, service: Service, status: HealthCheckResponse.ServingStatus.ValueType
) -> None:
    for name in (health.OVERALL_HEALTH, *service.grpc_services):
        await healthy.set(name, status)


async def _cancel(tasks: Sequence[asyncio.Future[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task
