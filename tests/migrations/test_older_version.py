"""F27 with a version that there really was: its processes on today's schema, beside today's, in every combination."""

from pathlib import Path

from tests.harness.audit import charges, quiet
from tests.harness.money import seed
from tests.harness.postgres import Pair
from tests.harness.services import Environment, services
from tests.harness.stubs import Stubs
from tests.migrations.older import older
from tests.migrations.test_side_by_side import CALLERS, Load, loaded, serving
from tests.server.standard import launched


async def test_an_older_version_beside_this_one(pair: Pair, tmp_path: Path) -> None:
    """Orders are made, paid, refunded, reversed, held and captured through old and new, each calling old and new."""
    before = older(tmp_path)

    def payments(env: Environment, orders: str) -> Environment:
        return {**serving(pair, "payments"), **env, "PAYMENT_ORDER_SERVICE": orders}

    async with (
        services(pair) as now,
        launched("order_service", {**serving(pair, "orders"), **before}) as old_orders,
        launched("payment_service", payments(before, now.order.address)) as old_payments,
    ):
        for old in (old_orders, old_payments):
            await old.listening()
        async with launched("payment_service", payments({}, old_orders.address)) as calls_old:
            await calls_old.listening()
            async with (
                Stubs(now.order.address, now.payments[0].address) as new,
                Stubs(now.order.address, old_payments.address) as old_to_new,
                Stubs(old_orders.address, calls_old.address) as new_to_old,
            ):
                await seed(new, deposit=1_000_000)
                load = Load(new, old_to_new, new_to_old)
                async with loaded(load):
                    await load.goes_on(6 * CALLERS)
        await quiet(pair)
    assert len(load.paid) >= 6 * CALLERS
    assert {order_id: charges(pair, order_id) for order_id in load.paid} == dict.fromkeys(load.paid, 1)
