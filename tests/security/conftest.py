"""One pair with TLS and tokens for the tests that change nothing of it, with a canary that pays meanwhile."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import grpc
import pytest

from tests.harness.money import seed
from tests.harness.postgres import Postgres
from tests.harness.services import services
from tests.input.canary import Canary
from tests.security.world import Keys, Secured


@pytest.fixture(scope="package")
async def secured(postgres: Postgres, keys: Keys) -> AsyncIterator[Secured]:
    async with services(postgres.pair(), payment_env=keys.settings, order_env=keys.settings) as running:
        made = Secured(running, keys)
        async with made.stubs(keys.caller("backoffice", "carla")) as stubs:
            await seed(stubs, deposit=10**9)
        yield made


@pytest.fixture(scope="module")
def canary(secured: Secured) -> Iterator[Canary]:
    """For alice, by a clerk."""
    credentials = secured.keys.caller("backoffice", "carla").for_blocking()
    with Canary(*secured.addresses, lambda address: grpc.secure_channel(address, credentials)) as one:
        yield one


@pytest.fixture(scope="session")
def other() -> Iterator[Keys]:
    """Of somebody else."""
    with tempfile.TemporaryDirectory(prefix="payonce-other-") as folder:
        yield Keys.new(Path(folder))
