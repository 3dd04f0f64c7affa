"""One pair of services, and the people of it, for all of these tests."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.access.acting import Acting, acting
from tests.access.things import Things
from tests.harness.postgres import Postgres
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
