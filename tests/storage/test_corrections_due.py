"""Corrections that are due: carried on however often they were before, and leased meanwhile."""

from uuid import UUID

from payment_service.storage import corrections
from shared.database import Database
from tests.harness.books import owe, take_back
from tests.harness.postgres import Pair


async def test_a_correction_is_carried_on_for_ever_and_leased(pair: Pair) -> None:
    # However often it was tried: 2^1024 would be no number, and keep all the others from their turn.
    begun = [take_back(pair.payments_url, "order-1", checks=5000), take_back(pair.payments_url, "order-2", checks=0)]
    owe(pair.payments_url, "order-3")  # nobody takes that one back
    database = Database(pair.payments_url, pool_size=1, application="test")
    assert await due(database) == set(begun)
    assert await due(database) == set()
    await database.close()


async def due(database: Database) -> set[UUID]:
    """Whose turn it is now; from then on it is leased."""
    return {c.correction_id for c in await database.transact(lambda c: corrections.take_due(c, 10))}
