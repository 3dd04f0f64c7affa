"""LookupPayment looks at the lock first: what commits between its two reads is found by the second."""

from typing import cast

import pytest

from payment_service.clients.orders import OrdersClient
from payment_service.domain.payments import LookupOutcome, Subject, order_subject
from payment_service.storage import claims
from payment_service.usecases.lookup import Lookups
from shared.callers import DEVELOPER
from shared.database import Connection, Database
from tests.harness.books import owe
from tests.harness.postgres import Pair


async def test_what_commits_between_the_two_reads_is_found(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    is_held = claims.is_held

    async def held_until_now(connection: Connection, subject: Subject) -> bool:
        held = await is_held(connection, subject)
        owe(pair.payments_url, "order-1")
        return held

    monkeypatch.setattr(claims, "is_held", held_until_now)
    database = Database(pair.payments_url, pool_size=1, application="test")
    nobody = cast("OrdersClient", None)  # whose order it is, nobody asks of who may see all
    found = await Lookups(database, nobody).by_subject(order_subject("order-1"), DEVELOPER)
    assert (found.outcome, found.safe_to_retry) == (LookupOutcome.SUCCEEDED, False)
    await database.close()
