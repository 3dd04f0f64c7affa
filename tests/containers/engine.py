"""Containers as the tests want them: a PostgreSQL with both databases, and the pair, on one network."""

import asyncio
import contextlib
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network
from testcontainers.core.wait_strategies import HealthcheckWaitStrategy

from shared.config import INSECURE
from tests.harness.postgres import Pair, raw

ROOT = Path(__file__).parents[2]
PASSWORD = "only-for-this-test"  # noqa: S105 - a throw-away database
SERVICES = {"order_service": 50051, "payment_service": 50052}


def docker(*words: str) -> str:
    return subprocess.run(["docker", *words], check=True, capture_output=True, text=True, cwd=ROOT).stdout.strip()


@dataclass(frozen=True)
class Deployed:
    """The pair in containers, by service, and its databases as seen from outside."""

    containers: dict[str, Any]
    pair: Pair

    def id(self, service: str) -> str:
        return str(self.containers[service].get_wrapped_container().id)

    def addresses(self) -> list[str]:
        """Of order_service and payment_service. A container that was started again has another port."""
        return [f"127.0.0.1:{self.containers[name].get_exposed_port(port)}" for name, port in SERVICES.items()]


@contextlib.asynccontextmanager
async def deployed(images: dict[str, str]) -> AsyncIterator[Deployed]:
    """PostgreSQL, migrations, both services; each healthy by its image's own check."""
    with Network() as network, database(network) as postgres:
        outside = f"postgresql+psycopg://payonce:{PASSWORD}@127.0.0.1:{postgres.get_exposed_port(5432)}"
        pair = Pair(f"{outside}/orders", f"{outside}/payments")
        await answers(pair.orders_url)
        with psycopg.connect(raw(pair.orders_url), autocommit=True) as connection:
            connection.execute("CREATE DATABASE payments ENCODING 'UTF8' TEMPLATE template0")
        inside = f"postgresql://payonce:{PASSWORD}@database:5432"
        environment = {
            "order_service": {"ORDER_DATABASE_URL": f"{inside}/orders", "ORDER_INSECURE": INSECURE},
            "payment_service": {
                "PAYMENT_DATABASE_URL": f"{inside}/payments",
                "PAYMENT_ORDER_SERVICE": "order_service:50051",
                "PAYMENT_INSECURE": INSECURE,
            },
        }
        with contextlib.ExitStack() as stack:
            running = {}
            for service, port in SERVICES.items():
                given = environment[service]
                words = [word for setting in given.items() for word in ("--env", "=".join(setting))]
                docker("run", "--rm", "--network", network.name, *words, images[service], "migrate")
                container = (
                    DockerContainer(images[service]).with_exposed_ports(port).with_envs(**given)
                    .with_network(network).with_network_aliases(service)
                    .waiting_for(HealthcheckWaitStrategy().with_startup_timeout(60))
                )  # fmt: skip
                running[service] = stack.enter_context(container)
            yield Deployed(running, pair)


@contextlib.contextmanager
def database(network: Any) -> Iterator[Any]:
    container = (
        DockerContainer(os.environ.get("TEST_POSTGRES_IMAGE", "postgres:18-alpine"))
        .with_envs(POSTGRES_USER="payonce", POSTGRES_PASSWORD=PASSWORD, POSTGRES_DB="orders")
        .with_exposed_ports(5432).with_network(network).with_network_aliases("database")
    )  # fmt: skip
    with container as running:
        yield running


async def answers(url: str) -> None:
    """Until the database does. Its first start says twice that it is ready, so a connection decides."""
    async with asyncio.timeout(60):
        while True:
            try:
                psycopg.connect(raw(url), connect_timeout=2).close()
            except psycopg.OperationalError:
                await asyncio.sleep(0.2)
            else:
                return
