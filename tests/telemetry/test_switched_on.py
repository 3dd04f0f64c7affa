"""Off unless asked for; and what an operator sets wrongly is told in a line."""

import asyncio
import json
import socket
import urllib.request

import psutil  # type: ignore[import-untyped]
import pytest

from shared.telemetry.running import _serve_metrics
from tests.harness.money import order, pay, seed
from tests.harness.postgres import Pair, Postgres
from tests.harness.services import DidNotStartError, Running, services
from tests.harness.stubs import Stubs
from tests.server.standard import database_url, free_port, launched, settings


def scraped(address: str) -> str:
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=20) as answer:
        return str(answer.read().decode())


def listening(running: Running) -> list[str]:
    """Where a service, or each of its workers, says that it serves metrics."""
    lines = [json.loads(line) for line in running.stderr.splitlines() if line.startswith("{")]
    return [line["address"] for line in lines if line["event"] == "metrics.listening"]


async def test_nothing_is_served_unless_asked_for(pair: Pair) -> None:
    env = settings("order_service", DATABASE_URL=pair.orders_url, LISTEN="127.0.0.1:0")
    async with launched("order_service", env) as running:
        await running.listening()
        assert not listening(running)
        assert sorted(listeners(running.process.pid)) == [running.port]


def listeners(pid: int) -> list[int]:
    return [c.laddr.port for c in psutil.Process(pid).net_connections("tcp") if c.status == psutil.CONN_LISTEN]


def test_who_says_nothing_is_hung_up_on() -> None:
    """Else each would keep a thread for ever."""
    port = free_port()
    stop = _serve_metrics(f"127.0.0.1:{port}")
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as silent:
            assert silent.recv(1) == b""
    finally:
        stop()


async def test_each_worker_has_a_port_of_its_own(pair: Pair) -> None:
    first = free_port()
    given = {"LISTEN": "127.0.0.1:0", "METRICS_LISTEN": f"127.0.0.1:{first}"}
    env = settings("order_service", DATABASE_URL=database_url(pair, "order_service"), **given)
    async with launched("order_service", env, "serve", "--workers", "2") as running:
        await running.listening()
        ports = sorted(listening(running))
        assert ports == [f"127.0.0.1:{first}", f"127.0.0.1:{first + 1}"]
        cpu = [await asyncio.to_thread(scraped, address) for address in ports]
        assert all("process_cpu_seconds_total" in text for text in cpu)
        assert await running.terminate() == 0


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"ORDER_METRICS_LISTEN": "9102"}, "ORDER_METRICS_LISTEN"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, "grpc"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x:4317", "OTEL_TRACES_SAMPLER_ARG": "many"}, "OTEL_"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x:4317", "OTEL_TRACES_SAMPLER_ARG": "7"}, "between 0 and 1"),
    ],
)
async def test_what_is_wrong_is_told_in_a_line(pair: Pair, env: dict[str, str], said: str) -> None:
    given = settings("order_service", DATABASE_URL=pair.orders_url, LISTEN="127.0.0.1:0")
    async with launched("order_service", {**given, **env}) as running:
        with pytest.raises(DidNotStartError) as failed:
            await running.listening()
        assert said in str(failed.value)
        assert "Traceback" not in str(failed.value)
        assert await running.wait() == 1


async def test_a_port_in_use_is_told(pair: Pair) -> None:
    given = {"LISTEN": "127.0.0.1:0", "METRICS_LISTEN": "127.0.0.1:0"}
    async with launched("order_service", settings("order_service", DATABASE_URL=pair.orders_url, **given)) as first:
        await first.listening()
        taken = {**given, "METRICS_LISTEN": listening(first)[0]}
        env = settings("order_service", DATABASE_URL=pair.orders_url, **taken)
        async with launched("order_service", env) as second:
            with pytest.raises(DidNotStartError, match="cannot serve metrics on"):
                await second.listening()


async def test_a_collector_that_is_gone_changes_no_answer_and_keeps_no_service(postgres: Postgres) -> None:
    """Nobody listens at the endpoint: payments go on, and SIGTERM is obeyed soon after the grace."""
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}", "OTEL_TRACES_SAMPLER": "always_on"}
    async with (
        services(postgres.pair(), payment_env=env, order_env=env) as both,
        Stubs(both.order.address, both.payments[0].address) as stubs,
    ):
        await seed(stubs)
        await order(stubs, "nobody-watches")
        assert (await pay(stubs, "nobody-watches")).order_confirmed
        payment = both.payments[0]
        assert await payment.terminate() == 0
        lines = [json.loads(line) for line in payment.stderr.splitlines()]  # the SDK's too
        assert {line["event"] for line in lines} <= {"health", "draining", "stopped", "opentelemetry"}
