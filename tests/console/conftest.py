"""One console over a plain pair, with Try it; one over a pair that asks who calls."""

import ssl
from collections.abc import AsyncIterator
from typing import Any

import pytest

from payonce.dev_certs import client_settings
from tests.console.served import Served, served
from tests.console.visitor import Visitor
from tests.harness.money import seed
from tests.harness.postgres import Postgres
from tests.harness.services import services
from tests.harness.stubs import Stubs
from tests.security.world import Keys
from tests.server.standard import free_port


@pytest.fixture(scope="package")
async def plain(postgres: Postgres) -> AsyncIterator[Served]:
    """Nobody has to sign in. Payment_service is crashed now and then, and comes back on the same port."""
    orders, payments = (f"127.0.0.1:{free_port()}" for _ in range(2))
    async with (
        services(
            postgres.pair(),
            order_env={"ORDER_METRICS_LISTEN": orders},
            payment_env={"PAYMENT_METRICS_LISTEN": payments},
        ) as running,
        served(running, try_it=True, order_metrics=(orders,), payment_metrics=(payments,)) as one,
    ):
        yield one


@pytest.fixture
async def visitor(plain: Served) -> AsyncIterator[Visitor]:
    async with plain.visitor() as one:
        yield one


@pytest.fixture
async def stubs(plain: Served) -> AsyncIterator[Stubs]:
    async with plain.stubs() as both:
        await seed(both, deposit=10**6)
        yield both


@pytest.fixture(scope="package")
async def secured(postgres: Postgres, keys: Keys) -> AsyncIterator[Served]:
    """Over TLS on both sides; who looks has to sign in."""
    own: dict[str, Any] = {"tls_certificate": keys.folder / "console.pem", "tls_key": keys.folder / "console-key.pem"}
    async with (
        services(postgres.pair(), payment_env=keys.settings, order_env=keys.settings) as running,
        served(running, environ=client_settings(keys.folder), **own) as one,
    ):
        yield one


@pytest.fixture
async def stranger(secured: Served, keys: Keys) -> AsyncIterator[Visitor]:
    """Who has not signed in yet."""
    context = ssl.create_default_context(cafile=keys.folder / "ca.pem")
    async with secured.visitor(verify=context) as one:
        yield one
