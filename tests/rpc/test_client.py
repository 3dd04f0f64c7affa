"""The client: every method once, and once more."""

from payonce.client import AsyncClient
from payonce.order.v1 import order_pb2
from payonce.payment.v1 import account_pb2, payment_pb2, payment_service_pb2
from tests.harness.money import money
from tests.harness.services import Services


async def test_orders_tickets_and_money_back(running: Services) -> None:
    async with AsyncClient(running.order.address, running.payments[0].address) as client:
        customer, merchant = account_pb2.ACCOUNT_KIND_CUSTOMER, account_pb2.ACCOUNT_KIND_MERCHANT
        await client.create_account("client-ann", currency_code="EUR", kind=customer)
        await client.create_account("client-shop", currency_code="EUR", kind=merchant)
        await client.deposit("client-ann", money(5_000), request_id="client-deposit")
        for order_id in ("client-1", "client-2"):
            await client.create_order(
                order_id=order_id, customer_id="client-ann", payer_account_id="client-ann",
                payee_account_id="client-shop", amount=money(1_000), description="a book",
                merchant_id="client-shop",
            )  # fmt: skip
        assert (await client.get_order("client-1")).merchant_id == "client-shop"
        cancelled = await client.cancel_order("client-2")
        assert cancelled.status == order_pb2.ORDER_STATUS_CANCELLED

        first, again = [await client.pay_order("client-1", expected_amount=money(1_000)) for _ in range(2)]
        assert (first.replayed, again.replayed) == (False, True)
        assert first.payment == again.payment
        refunds = [
            await client.refund_payment(first.payment.payment_id, money(200), request_id="client-refund", reason="torn")
            for _ in range(2)
        ]
        assert refunds[0] == refunds[1]
        assert (await client.get_payment(first.payment.payment_id)).refunded_amount == money(200)
        undone = await client.reverse_payment(order_id="client-1", reason="all of it")
        assert undone.state == payment_pb2.PAYMENT_STATE_REVERSED
        looked = await client.lookup_payment(order_id="client-1")
        assert looked.outcome == payment_service_pb2.LOOKUP_OUTCOME_REVERSED
        assert (await client.get_order("client-1")).status == order_pb2.ORDER_STATUS_REFUNDED

        ticket = await client.create_ticket("client-ann", payee_account_id="client-shop", amount=money(300), ttl_s=60)
        payments = [
            await client.pay_with_ticket(ticket.ticket, payee_account_id="client-shop", amount=money(300))
            for _ in range(2)
        ]
        assert payments[0].payment == payments[1].payment
        assert [paid.replayed for paid in payments] == [False, True]
        assert (await client.get_account("client-ann")).balance == money(4_700)
