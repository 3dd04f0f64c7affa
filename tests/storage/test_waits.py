"""How long each waits for the other: so that a restart costs a caller nothing, and an outage a payment little."""

import inspect

from payment_service.storage import payments
from payonce.client import AsyncClient
from shared.database import Database
from shared.errors import shutting_down
from shared.rpc.gate import QUIET_LIMIT_S
from tests.harness.books import owe
from tests.harness.postgres import Pair, rows


def test_retries_outlast_a_server_that_drains() -> None:
    attempts = inspect.signature(AsyncClient.__init__).parameters["attempts"].default
    assert (attempts - 1) * (shutting_down().retry_after_s or 0) > QUIET_LIMIT_S


async def test_however_often_it_was_asked_about_its_turn_comes_within_4_s(pair: Pair) -> None:
    owe(pair.payments_url, "order")
    rows(pair.payments_url, "UPDATE unconfirmed SET checks = 20, check_at = now() RETURNING 1")
    database = Database(pair.payments_url, pool_size=1, application="test")
    assert await database.transact(lambda c: payments.take_due(c, 10))
    assert rows(pair.payments_url, "SELECT check_at <= now() + interval '4 seconds' FROM unconfirmed") == [(True,)]
    await database.close()
