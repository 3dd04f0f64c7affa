"""The images, as a user runs them: two services and a PostgreSQL on one Docker network; one of them killed."""

import asyncio
import os
import subprocess
from pathlib import Path

import psycopg
import pytest

from payonce.order.v1 import order_pb2
from tests.harness.money import order, pay, seed, status
from tests.harness.stubs import Stubs

ROOT = Path(__file__).parents[2]
PASSWORD = "only-for-this-test"  # noqa: S105 - a throw-away database
NO_ENGINE = "docker: no engine answers; the container tests need one"


def docker(*words: str) -> str:
    return subprocess.run(["docker", *words], check=True, capture_output=True, text=True, cwd=ROOT).stdout.strip()


@pytest.fixture(scope="module")
def images() -> dict[str, str]:
    try:
        docker("info")
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip(NO_ENGINE)
    base = os.environ.get("PYTHON_IMAGE", "python:3.11-slim")
    names = {service: f"payonce-test/{service}" for service in ("order_service", "payment_service")}
    for service, name in names.items():
        docker(
            "build", "--network", "host", "--quiet", "--build-arg", f"PYTHON_IMAGE={base}",
            "--file", "deploy/Dockerfile", "--target", service, "--tag", name, ".",
        )  # fmt: skip
    return names


async def test_one_charge_through_a_kill(images: dict[str, str]) -> None:
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.network import Network
    from testcontainers.core.waiting_utils import wait_for_logs

    image = os.environ.get("TEST_POSTGRES_IMAGE", "postgres:18-alpine")
    with Network() as network:
        database = (
            DockerContainer(image)
            .with_env("POSTGRES_USER", "payonce").with_env("POSTGRES_PASSWORD", PASSWORD)
            .with_env("POSTGRES_DB", "orders").with_exposed_ports(5432)
            .with_network(network).with_network_aliases("database")
        )  # fmt: skip
        with database:
            outside = f"host=127.0.0.1 port={database.get_exposed_port(5432)} user=payonce password={PASSWORD}"
            await answers(outside + " dbname=orders")
            with psycopg.connect(outside + " dbname=orders", autocommit=True) as connection:
                connection.execute("CREATE DATABASE payments ENCODING 'UTF8' TEMPLATE template0")
            urls = {name: f"postgresql://payonce:{PASSWORD}@database:5432/{name}" for name in ("orders", "payments")}
            environment = {
                "order_service": {"ORDER_DATABASE_URL": urls["orders"]},
                "payment_service": {
                    "PAYMENT_DATABASE_URL": urls["payments"],
                    "PAYMENT_ORDER_SERVICE": "order_service:50051",
                },
            }
            for service, name in images.items():
                given = [word for pair in environment[service].items() for word in ("--env", "=".join(pair))]
                docker("run", "--rm", "--network", network.name, *given, name, "migrate")
            running = {}
            try:
                for service, port in (("order_service", 50051), ("payment_service", 50052)):
                    one = DockerContainer(images[service]).with_exposed_ports(port)
                    for key, value in environment[service].items():
                        one = one.with_env(key, value)
                    running[service] = one.with_network(network).with_network_aliases(service)
                    running[service].start()
                    wait_for_logs(running[service], f"{service} listening on", timeout=60)
                await pay_through_a_kill(running["payment_service"], running["order_service"], outside)
            finally:
                for one in running.values():
                    one.stop()


async def pay_through_a_kill(payment: object, orders: object, outside: str) -> None:
    def address(container: object, port: int) -> str:
        return f"127.0.0.1:{container.get_exposed_port(port)}"  # type: ignore[attr-defined]

    container_id = payment.get_wrapped_container().id  # type: ignore[attr-defined]
    assert docker("inspect", "--format", "{{.Config.User}}", container_id) == "payonce"
    async with Stubs(address(orders, 50051), address(payment, 50052)) as stubs:
        await seed(stubs)
        await order(stubs, "order-1")
        callers = [asyncio.create_task(pay(stubs, "order-1")) for _ in range(10)]
        await asyncio.wait(callers, return_when=asyncio.FIRST_COMPLETED)
        docker("kill", container_id)
        ended = await asyncio.gather(*callers, return_exceptions=True)
    docker("start", container_id)
    async with Stubs(address(orders, 50051), address(payment, 50052)) as stubs:
        from payonce.payment.v1 import payment_service_pb2

        request = payment_service_pb2.PayOrderRequest(order_id="order-1")
        again = await stubs.payments.PayOrder(request, timeout=60, wait_for_ready=True)
        assert again.order_confirmed
        assert await status(stubs, "order-1") == order_pb2.ORDER_STATUS_PAID
    paid = [end for end in ended if not isinstance(end, BaseException)]
    assert all(end.payment == again.payment for end in paid)
    with psycopg.connect(outside + " dbname=payments") as connection:
        charges = connection.execute("SELECT count(*) FROM transfers WHERE kind = 'charge'").fetchone()
    assert charges == (1,)


async def answers(conninfo: str) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                psycopg.connect(conninfo, connect_timeout=2).close()
            except psycopg.OperationalError:
                await asyncio.sleep(0.2)
            else:
                return
