"""Two payment_services over one pair of databases, for races in which nobody is killed: use ids of your own."""

import contextlib
from collections.abc import AsyncIterator

import pytest

from tests.harness.postgres import Pair, Postgres
from tests.harness.services import services
from tests.harness.stubs import Stubs
from tests.harness.two import Two


@pytest.fixture(scope="package")
async def two(postgres: Postgres) -> AsyncIterator[Two]:
    async with over(postgres.pair()) as both:
        yield both


@pytest.fixture
async def alone(pair: Pair) -> AsyncIterator[Two]:
    """The same over databases of this test's own, which it may leave in a state that no audit passes."""
    async with over(pair) as both:
        yield both


@contextlib.asynccontextmanager
async def over(pair: Pair) -> AsyncIterator[Two]:
    async with (
        services(pair, payment_processes=2) as s,
        Stubs(s.order.address, s.payments[0].address) as one,
        Stubs(s.order.address, s.payments[1].address) as other,
    ):
        yield Two(pair, one, other)
