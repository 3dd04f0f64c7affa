"""The command on the shared pair, and a customer and a merchant of these tests."""

from collections.abc import AsyncIterator

import pytest

from tests.cli.command import Cli
from tests.harness.money import seed
from tests.harness.postgres import Postgres
from tests.harness.services import Services, services
from tests.harness.stubs import Stubs
from tests.security.world import Keys

PAYER, SHOP = "cli-payer", "cli-shop"


@pytest.fixture(scope="package")
async def cli(running: Services, stubs: Stubs) -> Cli:
    """PAYER has 1,000.00 EUR."""
    await seed(stubs, PAYER, SHOP, deposit=100_000)
    return Cli.of(running)


@pytest.fixture(scope="package")
async def secure(postgres: Postgres, keys: Keys) -> AsyncIterator[Cli]:
    """On a pair that speaks TLS and asks for tokens; a clerk who calls."""
    async with services(postgres.pair(), payment_env=keys.settings, order_env=keys.settings) as running:
        yield Cli.of(
            running,
            PAYONCE_TLS_CA=str(keys.folder / "ca.pem"),
            PAYONCE_TLS_CERTIFICATE=str(keys.folder / "client.pem"),
            PAYONCE_TLS_KEY=str(keys.folder / "client-key.pem"),
            PAYONCE_TOKEN=keys.token("backoffice", "carla"),
        )
