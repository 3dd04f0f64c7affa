"""What belongs to somebody: made by the clerk, fresh whenever a test wants it."""

import itertools
from typing import NamedTuple

from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import account_pb2
from shared.callers import Role
from tests.harness.corrections import authorize, ticket
from tests.harness.money import create_account, money, pay, put
from tests.harness.stubs import Stubs

PRICE = 100
NUMBERS = itertools.count(1)


class Sides(NamedTuple):
    """A customer and a merchant, each with an account. No account is called as its owner is."""

    customer: str
    merchant: str
    caller: Role = Role.CUSTOMER  # as whom somebody asks about them

    @property
    def owner(self) -> str:
        """Who owns what such a caller sees of an account."""
        return self.merchant if self.caller is Role.MERCHANT else self.customer

    @property
    def account(self) -> str:
        return account_of(self.owner)

    @property
    def payer(self) -> str:
        return account_of(self.customer)

    @property
    def payee(self) -> str:
        return account_of(self.merchant)


OURS = Sides("ann", "cup")
THEIRS = Sides("bob", "pan")  # all names are of one length: see `Outcome`
NOBODY = Sides("eve", "nil")  # never made


def account_of(owner: str) -> str:
    return f"a-{owner}"


class Things:
    """Each method makes one, between a customer and a merchant, and gives its id."""

    def __init__(self, clerk: Stubs) -> None:
        self._by = clerk

    async def people(self) -> None:
        for sides in (OURS, THEIRS):
            for owner, kind in (
                (sides.customer, account_pb2.ACCOUNT_KIND_CUSTOMER),
                (sides.merchant, account_pb2.ACCOUNT_KIND_MERCHANT),
            ):
                await self.account(account_of(owner), owner, kind)
            await put(self._by, sides.payer, 10**9, request_id=f"seed-{sides.payer}")

    async def account(
        self, account_id: str, owner: str, kind: account_pb2.AccountKind.ValueType, currency: str = "EUR"
    ) -> str:
        asked = {"account_id": account_id, "owner_id": owner, "currency_code": currency}
        await create_account(self._by, account_pb2.CreateAccountRequest(kind=kind, **asked))
        return account_id

    async def order(self, of: Sides, *, payer: str = "", payee: str = "", merchant: str | None = None) -> str:
        request = order_service_pb2.CreateOrderRequest(
            order_id=f"o-{next(NUMBERS):06}",
            customer_id=of.customer,
            payer_account_id=payer or of.payer,
            payee_account_id=payee or of.payee,
            amount=money(PRICE),
            merchant_id=of.merchant if merchant is None else merchant,
        )
        return (await self._by.orders.CreateOrder(request)).order_id

    async def paid_order(self, of: Sides) -> str:
        order_id = await self.order(of)
        await pay(self._by, order_id)
        return order_id

    async def payment(self, of: Sides) -> str:
        return (await pay(self._by, await self.order(of))).payment.payment_id

    async def authorized(self, of: Sides) -> str:
        return (await authorize(self._by, await self.order(of))).payment.payment_id

    async def ticket(self, of: Sides) -> str:
        return await ticket(self._by, of.payer, of.payee, PRICE)
