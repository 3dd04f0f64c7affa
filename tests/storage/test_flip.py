"""The flip: a conditional UPDATE that happens once."""

import uuid

from order_service.domain.orders import Flip, OrderContent
from order_service.storage import orders
from order_service.usecases.orders import Orders
from shared.database import Database
from shared.money import Money
from tests.harness.postgres import Pair


async def test_a_flip_happens_once_and_never_to_a_cancelled_order(pair: Pair) -> None:
    database = Database(pair.orders_url, pool_size=2, application="test")
    service = Orders(database)
    for order_id in ("open", "gone"):
        await service.create(OrderContent(order_id, "a", "a", "b", Money("EUR", 5), ""))
    await service.cancel("gone")
    flips = [Flip("open", uuid.uuid4()), Flip("gone", uuid.uuid4())]
    again = [Flip("open", uuid.uuid4())]
    assert (await database.transact(lambda c: orders.mark_paid(c, flips))).keys() == {flips[0]}
    assert await database.transact(lambda c: orders.mark_paid(c, again)) == {}
    verdicts = await service.mark_paid([*flips, *again, Flip("never", uuid.uuid4())])
    assert [v.verdict for v in verdicts] == ["already_done", "refused", "refused", "not_found"]
    await database.close()
