"""`reconcile` beside traffic: what is merely under way is no divergence, and without order_service nothing is said."""

import asyncio

from tests.harness.audit import quiet
from tests.harness.corrections import refund
from tests.harness.line import Line
from tests.harness.money import order, pay_confirmed, seed
from tests.harness.postgres import Pair
from tests.harness.services import services
from tests.harness.stubs import Stubs
from tests.restore.operator import reconcile


async def test_what_changed_between_its_two_looks_is_no_divergence(pair: Pair) -> None:
    """It has read the payments, and is about to ask for the orders, when one of them is refunded."""
    async with services(pair) as running, Stubs(running.order.address, running.payments[0].address) as stubs:
        await seed(stubs)
        await order(stubs, "order")
        paid = (await pay_confirmed(stubs, "order")).payment
        await quiet(pair)
        async with Line(running.order.address) as line:
            line.hold()
            looking = asyncio.create_task(reconcile(running, "--apply", order_service=line.address))
            await line.holding()
            await refund(stubs, paid.payment_id, 1_000, "all")
            line.release()
            assert await looking == (0, ["reconcile: payments=1 diverging=0 repaired=0 left=0"])
        await quiet(pair)


async def test_without_order_service_it_says_nothing_about_orders(pair: Pair) -> None:
    async with services(pair) as running, Stubs(running.order.address, running.payments[0].address) as stubs:
        await seed(stubs)
        await order(stubs, "order")
        await pay_confirmed(stubs, "order")
        await running.order.kill()
        assert await reconcile(running, "--apply") == (1, [])
