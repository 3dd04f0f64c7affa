"""What Try it needs: a customer with money, a merchant, an order."""

import uuid

from payonce.client import AsyncClient
from payonce.payment.v1 import account_pb2
from payonce.type.v1.money_pb2 import Money

CUSTOMER, MERCHANT = "try-it-customer", "try-it-shop"
CURRENCY = "EUR"
ENOUGH_FOR = 10  # charges: it is not the balance that prevents a second one


def new_order_id() -> str:
    """For a form: sent twice, it makes one order."""
    return f"try-it-{uuid.uuid4().hex[:12]}"


async def open_order(client: AsyncClient, order_id: str, amount: Money) -> None:
    """The order, unpaid; the accounts too, if this is the first time."""
    kinds = {CUSTOMER: account_pb2.ACCOUNT_KIND_CUSTOMER, MERCHANT: account_pb2.ACCOUNT_KIND_MERCHANT}
    for account_id, kind in kinds.items():
        await client.create_account(account_id, currency_code=CURRENCY, kind=kind)
    plenty = Money(currency_code=CURRENCY, minor_units=amount.minor_units * ENOUGH_FOR)
    await client.deposit(CUSTOMER, plenty, request_id=f"deposit-{order_id}")
    await client.create_order(
        order_id=order_id,
        customer_id=CUSTOMER,
        payer_account_id=CUSTOMER,
        payee_account_id=MERCHANT,
        amount=amount,
        description="Try it",
    )
