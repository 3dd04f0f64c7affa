"""The pytest fixtures, as a program that has payonce installed uses them: in a run of pytest of its own."""

import pytest

pytest_plugins = ["pytester"]

SHOP = """
    import asyncio
    from payonce.payment.v1.account_pb2 import ACCOUNT_KIND_CUSTOMER, ACCOUNT_KIND_MERCHANT
    from payonce.type.v1.money_pb2 import Money

    def money(minor_units):
        return Money(currency_code="EUR", minor_units=minor_units)

    def test_a_payment_through_a_crash(payonce_server, payonce_client):
        payonce_client.create_account("ann", currency_code="EUR", kind=ACCOUNT_KIND_CUSTOMER)
        payonce_client.create_account("shop", currency_code="EUR", kind=ACCOUNT_KIND_MERCHANT)
        payonce_client.deposit("ann", money(1_000))
        payonce_client.create_order(
            order_id="one", customer_id="ann", payer_account_id="ann", payee_account_id="shop", amount=money(700)
        )
        paid = payonce_client.pay_order("one")
        payonce_server.kill_payment()
        payonce_server.start_payment()
        assert payonce_client.pay_order("one").payment == paid.payment
        assert payonce_client.get_account("ann").balance == money(300)

    def test_the_same_services_from_a_loop(payonce_async_client):
        async def status():
            async with payonce_async_client as client:
                return (await client.get_account("ann")).balance.minor_units
        assert asyncio.run(status()) == 300
"""
NOTHING = """
    import sys

    def test_nothing_is_imported(request):
        assert request.config.pluginmanager.has_plugin("payonce")
        assert not {"grpc", "sqlalchemy", "payonce.client", "payonce.processes"} & set(sys.modules)
"""


def test_services_and_clients(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SHOP)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=2)


def test_whoever_asks_for_none_pays_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(NOTHING)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
