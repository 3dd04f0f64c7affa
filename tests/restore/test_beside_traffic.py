"""`reconcile` beside traffic: what is merely under way is no divergence, and without order_service nothing is said."""

from collections.abc import Awaitable, Callable, Sequence

from payment_service.clients.orders import OrdersClient
from payment_service.domain.charges import Order
from payment_service.usecases.endings import Endings
from payment_service.usecases.reconcile import Reconcile
from payment_service.usecases.take_back import TakeBack
from shared.database import Database
from tests.harness.audit import quiet
from tests.harness.corrections import refund
from tests.harness.money import order, pay_confirmed, seed
from tests.harness.postgres import Pair
from tests.harness.services import services
from tests.harness.stubs import Stubs
from tests.restore.operator import reconcile


class Late(OrdersClient):
    """Something happens just before the orders are asked for."""

    meanwhile: Callable[[], Awaitable[object]]

    async def batch_get(self, order_ids: Sequence[str]) -> dict[str, Order]:
        await self.meanwhile()
        return await super().batch_get(order_ids)


async def test_what_changed_between_its_two_looks_is_no_divergence(pair: Pair) -> None:
    """It has read the payments, and is about to ask for the orders, when one of them is refunded."""
    async with services(pair) as running, Stubs(running.order.address, running.payments[0].address) as stubs:
        await seed(stubs)
        await order(stubs, "order")
        paid = (await pay_confirmed(stubs, "order")).payment
        await quiet(pair)
        database = Database(pair.payments_url, pool_size=2, application="test")
        orders = Late(running.order.address, timeout_s=30)
        orders.meanwhile = lambda: refund(stubs, paid.payment_id, 1_000, "all")
        work = Reconcile(database, orders, Endings(database, orders, TakeBack(database, orders)))
        try:
            assert [page async for page in work.run(apply=True)] == [(1, [])]
        finally:
            await orders.close()
            await database.close()
        await quiet(pair)


async def test_without_order_service_it_says_nothing_about_orders(pair: Pair) -> None:
    async with services(pair) as running, Stubs(running.order.address, running.payments[0].address) as stubs:
        await seed(stubs)
        await order(stubs, "order")
        await pay_confirmed(stubs, "order")
        await running.order.kill()
        assert await reconcile(running, "--apply") == (1, [])
