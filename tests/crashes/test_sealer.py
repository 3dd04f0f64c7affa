"""F11 inside the sealer: after a crash at each of its steps every row is sealed, once and in order."""

import itertools
from collections.abc import AsyncIterator

import pytest

from tests.crashes.stage import Stage, stage, until
from tests.crashes.ways import paid, steps
from tests.harness.postgres import Postgres, rows

CHAINS = ("transfers", "history")


@pytest.fixture(scope="module")
async def there(postgres: Postgres) -> AsyncIterator[Stage]:
    async with stage(postgres) as built:
        yield built


@pytest.mark.parametrize("point", steps("seal"))
async def test_sealer_crashes(there: Stage, point: str) -> None:
    await paid(there)
    await there.services.payments[0].kill()  # before it has sealed what was just written
    async with there.another(point) as victim:
        await there.died(victim)
    await there.services.restart_payment()
    await until(lambda: all(is_sealed(there, chain) for chain in CHAINS), "not everything is sealed")


def is_sealed(there: Stage, chain: str) -> bool:
    """Whether the chain has every row; that it has none twice, and block follows block, is asserted each time."""
    blocks = rows(
        there.pair.payments_url, "SELECT block, positions FROM seals WHERE chain = %s ORDER BY block", [chain]
    )
    assert [block for block, _ in blocks] == list(range(1, len(blocks) + 1))
    sealed = [position for _, positions in blocks for position in positions]
    assert all(before < after for before, after in itertools.pairwise(sealed))
    written = rows(there.pair.payments_url, f"SELECT position FROM {chain} ORDER BY position")
    return sealed == [position for (position,) in written]
