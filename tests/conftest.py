"""Fixtures: one PostgreSQL for the session; one running pair for the tests that break nothing."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.harness.postgres import Pair, Postgres
from tests.harness.services import Services, services
from tests.harness.stubs import Stubs
from tests.security.world import Keys


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    yield server
    server.close()


@pytest.fixture
def pair(postgres: Postgres) -> Pair:
    """Two databases of this test's own."""
    return postgres.pair()


@pytest.fixture(scope="session")
async def running(postgres: Postgres) -> AsyncIterator[Services]:
    """Both services, shared by all tests that kill nobody: use ids of your own."""
    async with services(postgres.pair()) as both:
        yield both


@pytest.fixture(scope="session")
async def stubs(running: Services) -> AsyncIterator[Stubs]:
    async with Stubs(running.order.address, running.payments[0].address) as both:
        yield both


@pytest.fixture(scope="session")
def keys() -> Iterator[Keys]:
    """Certificates and keys for the pairs that ask who calls. Nobody changes them."""
    with tempfile.TemporaryDirectory(prefix="payonce-keys-") as folder:
        yield Keys.new(Path(folder))
