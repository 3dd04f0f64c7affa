"""Two completers at once: each payment is one's alone, and nobody waits for the other."""

import psycopg

from payment_service.storage import payments
from shared.database import Database
from tests.harness.books import owe
from tests.harness.postgres import Pair, raw, rows


async def test_two_completers_take_different_payments_and_keep_them(pair: Pair) -> None:
    owed = {owe(pair.payments_url, f"order-{i}") for i in range(6)}
    owe(pair.payments_url, "later")
    rows(pair.payments_url, "UPDATE unconfirmed SET check_at = 'infinity' WHERE subject = 'order:later' RETURNING 1")
    # One takes, and before its transaction ends the other does: that one must neither wait nor take the same.
    one, two = (Database(pair.payments_url, pool_size=1, application="test") for _ in range(2))
    async with one._engine.begin() as first, two._engine.begin() as second:
        taken = [{p.payment_id for p in await payments.take_due(c, 3)} for c in (first, second)]
    assert [len(some) for some in taken] == [3, 3]
    assert taken[0] | taken[1] == owed
    # Leased: their turn is over until time gives it back.
    assert await one.transact(lambda c: payments.take_due(c, 10)) == []
    # However often one was asked about: 2^1024 would be no number, and keep all the others from their turn.
    change = "UPDATE unconfirmed SET check_at = now(), checks = 5000 WHERE check_at < now() + interval '1 minute'"
    with psycopg.connect(raw(pair.payments_url), autocommit=True) as connection:
        connection.execute(change.encode())
    assert {p.payment_id for p in await one.transact(lambda c: payments.take_due(c, 10))} == owed
    await one.close()
    await two.close()


async def test_a_turn_further_off_than_any_lease_is_due(pair: Pair) -> None:
    """The clock was ahead when it was noted, and was put right: an hour later is too late (I16)."""
    owed = owe(pair.payments_url, "ahead", check_after_s=3600)
    database = Database(pair.payments_url, pool_size=1, application="test")
    (taken,) = await database.transact(lambda c: payments.take_due(c, 10))
    assert taken.payment_id == owed
    assert await database.transact(lambda c: payments.take_due(c, 10)) == []
    await database.close()
