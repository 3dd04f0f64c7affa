"""A payment_service whose name order_service does not have: no money moves, and it does not ask over and over."""

from payonce.payment.v1 import batch_pb2
from tests.harness.books import transfers
from tests.harness.money import orders, seed
from tests.harness.postgres import Postgres
from tests.harness.services import services
from tests.security.world import Keys, Secured


async def test_nothing_moves(postgres: Postgres, keys: Keys) -> None:
    env = {**keys.settings, "ORDER_SERVICE_NAMES": "spiffe://payonce.dev/another"}
    async with services(postgres.pair(), payment_env=keys.settings, order_env=env) as running:
        secured = Secured(running, keys)
        async with secured.stubs(keys.caller("backoffice", "carla")) as clerk:
            await seed(clerk)
            to_pay = [batch_pb2.OrderToPay(order_id=order_id) for order_id in await orders(clerk, 16, 1)]
            answered = await clerk.payments.BatchPayOrders(batch_pb2.BatchPayOrdersRequest(orders=to_pay), timeout=30)
        assert {outcome.error.reason for outcome in answered.outcomes} == {"ORDER_SERVICE_UNAVAILABLE"}
        assert transfers(running.pair, "charge") == 0
        asked = running.payments[0].stderr.count("orders.no_answer")
        assert 1 <= asked < len(to_pay), asked  # one by one it would be more than there are
        assert "no service's certificate" in running.order.stderr
