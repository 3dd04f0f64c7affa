"""An order that is created while somebody cancels it is cancelled, or not there: it is never told to be refunded."""

import pytest

from order_service.domain.orders import Filter, Order, OrderContent, OrderStatus
from order_service.storage import orders
from order_service.usecases.orders import Orders
from shared.callers import DEVELOPER
from shared.database import Connection, Database
from shared.money import Money
from tests.harness.postgres import Pair

CONTENT = OrderContent("order-1", "ann", "ann", "shop", Money("EUR", 5), "", "shop")


async def test_what_is_created_between_the_two_statements_is_cancelled(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, others = (Database(pair.orders_url, pool_size=1, application="test") for _ in range(2))
    cancel = orders.cancel

    async def created_meanwhile(connection: Connection, order_id: str, of: Filter) -> Order | None:
        cancelled = await cancel(connection, order_id, of)
        if not cancelled:
            await Orders(others).create(CONTENT, DEVELOPER)
        return cancelled

    monkeypatch.setattr(orders, "cancel", created_meanwhile)
    order, before = await Orders(database).cancel("order-1", DEVELOPER)
    assert (order.status, before) == (OrderStatus.CANCELLED, False)
    await database.close()
    await others.close()
