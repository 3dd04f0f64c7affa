"""The sealer waits for whoever may still fill a gap below the position that it seals up to."""

import psycopg

from payment_service.domain.seals import Chain
from payment_service.usecases.sealer import Sealer
from shared.database import Database
from tests.harness.postgres import Pair, raw

TRANSFER = b"""INSERT INTO transfers (transfer_id, kind, source_account_id, source_sequence, target_account_id,
                                      target_sequence) VALUES (gen_random_uuid(), 'deposit', 'x', 1, 'a', 1)"""


async def test_a_younger_transaction_with_an_older_position_is_waited_for(pair: Pair) -> None:
    database = Database(pair.payments_url, pool_size=2, application="test")
    sealer = Sealer(database)
    with psycopg.connect(raw(pair.payments_url)) as elder, psycopg.connect(raw(pair.payments_url)) as younger:
        elder.execute("SELECT pg_current_xact_id()")
        younger.execute("SELECT pg_current_xact_id()")
        younger.execute(TRANSFER)  # position 1
        elder.execute(TRANSFER)  # position 2, in sight before 1
        elder.commit()
        # No transaction with a greater number than the younger's has ended, so no snapshot tells of it.
        assert [await sealer._final(Chain.TRANSFERS) for _ in range(3)] == [0, 0, 0]
        younger.commit()
    assert await sealer._final(Chain.TRANSFERS) == 2
    await database.close()
