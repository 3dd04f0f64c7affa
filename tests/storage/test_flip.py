"""The flip: a conditional UPDATE that happens once."""

import uuid

from order_service.domain.orders import Flip, OrderContent
from order_service.storage import orders
from order_service.usecases.orders import Orders
from shared.callers import DEVELOPER
from shared.database import Database
from shared.money import Money
from tests.harness.postgres import Pair


async def test_a_flip_happens_once_and_never_to_a_cancelled_order(pair: Pair) -> None:
    database = Database(pair.orders_url, pool_size=2, application="test")
    service = Orders(database)
    for order_id in ("open", "gone"):
        await service.create(OrderContent(order_id, "a", "a", "b", Money("EUR", 5), ""), DEVELOPER)
    await service.cancel("gone", DEVELOPER)
    flips = [Flip("open", uuid.uuid4()), Flip("gone", uuid.uuid4())]
    again = [Flip("open", uuid.uuid4())]
    assert (await database.transact(lambda c: orders.mark_paid(c, flips))).keys() == {flips[0]}
    assert await database.transact(lambda c: orders.mark_paid(c, again)) == {}
    verdicts = await service.mark_paid([*flips, *again, Flip("never", uuid.uuid4())])
    assert [v.verdict for v in verdicts] == ["already_done", "refused", "refused", "not_found"]
    await database.close()


async def test_an_order_is_given_back_by_its_own_payment_alone(pair: Pair) -> None:
    database = Database(pair.orders_url, pool_size=2, application="test")
    service = Orders(database)
    for order_id in ("open", "paid", "gone"):
        await service.create(OrderContent(order_id, "a", "a", "b", Money("EUR", 5), ""), DEVELOPER)
    await service.cancel("gone", DEVELOPER)
    ours, theirs = uuid.uuid4(), uuid.uuid4()
    await service.mark_paid([Flip("paid", ours)])
    foreign = await service.mark_refunded([Flip("paid", theirs)])
    assert [(v.verdict, v.status) for v in foreign] == [("refused", "paid")]
    for expected in ("done", "already_done"):
        verdicts = await service.mark_refunded([Flip("open", ours), Flip("paid", ours)])
        assert [(v.verdict, v.status) for v in verdicts] == [(expected, "cancelled"), (expected, "refunded")]
    # A flip that arrives late finds it final.
    late = await service.mark_paid([Flip("open", ours), Flip("paid", ours)])
    assert [v.verdict for v in late] == ["refused", "refused"]
    rest = await service.mark_refunded([Flip("gone", ours), Flip("paid", theirs), Flip("never", ours)])
    assert [v.verdict for v in rest] == ["already_done", "refused", "not_found"]
    await database.close()
