"""One pair of services, and the people of it, for all of these tests."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.callers import Role
from tests.access.acting import Acting, acting
from tests.access.things import OURS, THEIRS, Things
from tests.harness.postgres import Postgres
from tests.harness.stubs import Stubs
from tests.security.world import Keys


@pytest.fixture(scope="module")
async def door(postgres: Postgres) -> AsyncIterator[Acting]:
    with tempfile.TemporaryDirectory(prefix="payonce-keys-") as folder:
        async with acting(postgres.pair(), Keys.new(Path(folder))) as made:
            await Things(made.clerk).people()
            yield made


@pytest.fixture(scope="module")
def things(door: Acting) -> Things:
    return Things(door.clerk)


@pytest.fixture
async def ann(door: Acting) -> Stubs:
    return door.as_caller(Role.CUSTOMER, OURS.customer)


@pytest.fixture
async def cup(door: Acting) -> Stubs:
    return door.as_caller(Role.MERCHANT, OURS.merchant)


@pytest.fixture
async def pan(door: Acting) -> Stubs:
    return door.as_caller(Role.MERCHANT, THEIRS.merchant)
