"""One pair of services, and the people of it, for all of these tests."""

from collections.abc import AsyncIterator

import pytest

from tests.access.acting import Acting, acting
from tests.access.things import Things
from tests.harness.postgres import Postgres


@pytest.fixture(scope="module")
async def door(postgres: Postgres) -> AsyncIterator[Acting]:
    async with acting(postgres.pair()) as made:
        await Things(made.clerk).people()
        yield made


@pytest.fixture(scope="module")
def things(door: Acting) -> Things:
    return Things(door.clerk)
