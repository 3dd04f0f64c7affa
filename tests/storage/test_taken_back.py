"""A payment that somebody takes back is not answered from our own books any more: its order may have ended already."""

import uuid
from collections.abc import Sequence
from typing import Any, cast

from payment_service.clients.orders import OrdersClient
from payment_service.domain.charges import Order, OrderStatus, Paid, PayOrder
from payment_service.usecases.confirm import Confirm
from payment_service.usecases.pay_orders import PayOrders
from payment_service.usecases.take_back import TakeBack
from shared.callers import DEVELOPER
from shared.database import Database
from shared.errors import PayonceError, Reason
from shared.money import Money
from tests.harness.books import take_back
from tests.harness.postgres import Pair


class Refunded:
    """Stands for an order_service in which every order has been given back. Nobody asks it to flip one."""

    async def batch_get(self, order_ids: Sequence[str]) -> dict[str, Order]:
        money = Money("EUR", 5)
        return {i: Order(i, "anyone", "a", "b", money, OrderStatus.REFUNDED, uuid.uuid4()) for i in order_ids}


async def test_who_pays_while_it_is_taken_back_is_told_what_the_order_says(pair: Pair) -> None:
    take_back(pair.payments_url, "order-1")
    database = Database(pair.payments_url, pool_size=1, application="test")
    orders = cast("OrdersClient", cast("Any", Refunded()))
    pay = PayOrders(database, orders, Confirm(database, orders, TakeBack(database, orders)))
    [outcome] = await pay([PayOrder("order-1", DEVELOPER)])
    assert not isinstance(outcome, Paid)
    assert isinstance(outcome, PayonceError)
    assert outcome.reason == Reason.ORDER_REFUNDED
    await database.close()
