"""Orders restored to an earlier time, and a lost order's id given to another customer's order, which nobody paid."""

from collections.abc import Sequence
from typing import Any, cast

from payment_service.clients.orders import Answer, OrdersClient
from payment_service.clients.orders import Pair as OrderPayment
from payment_service.domain.charges import Order, OrderStatus, Paid, PayOrder, Verdict
from payment_service.domain.divergences import Remedy
from payment_service.domain.ledger import AccountKind
from payment_service.domain.requests import RequestKey
from payment_service.usecases.accounts import Accounts, NewAccount
from payment_service.usecases.confirm import Confirm
from payment_service.usecases.endings import Endings
from payment_service.usecases.once import Request
from payment_service.usecases.pay_orders import PayOrders
from payment_service.usecases.reconcile import Reconcile
from payment_service.usecases.take_back import TakeBack
from shared.callers import Caller, Role, Scope
from shared.database import Database
from shared.errors import PayonceError, Reason
from shared.money import Money
from tests.harness.locks import held
from tests.harness.postgres import Pair

ALICE, MALLORY = (Caller(Role.CUSTOMER, name, Scope.OWN) for name in ("alice", "mallory"))


class Restorable:
    """Stands for an order_service whose orders may change in any way, as a restore changes them."""

    def __init__(self, *orders: Order) -> None:
        self.orders = {order.order_id: order for order in orders}
        self.flipped: list[OrderPayment] = []

    async def batch_get(self, order_ids: Sequence[str]) -> dict[str, Order]:
        return {i: self.orders[i] for i in order_ids if i in self.orders}

    async def mark_paid(self, pairs: Sequence[OrderPayment]) -> list[Answer]:
        self.flipped += pairs
        return [(Verdict.DONE, OrderStatus.PAID) for _ in pairs]

    async def mark_refunded(self, pairs: Sequence[OrderPayment]) -> list[Answer]:
        return [(Verdict.DONE, OrderStatus.CANCELLED) for _ in pairs]


class World:
    """payment_service's use cases beside such an order_service; alice's orders are paid."""

    def __init__(self, pair: Pair, *order_ids: str) -> None:
        money = Money("EUR", 100)
        self.order_service = Restorable(
            *(Order(i, "alice", "alice", "shop", money, OrderStatus.UNPAID, None) for i in order_ids)
        )
        self.orders = cast("OrdersClient", cast("Any", self.order_service))
        self.database = Database(pair.payments_url, pool_size=4, application="test")
        self.take_back = TakeBack(self.database, self.orders)
        self.confirm = Confirm(self.database, self.orders, self.take_back)
        self.pay = PayOrders(self.database, self.orders, self.confirm)

    async def begin(self) -> None:
        accounts = Accounts(self.database)
        for name, kind in (("alice", AccountKind.CUSTOMER), ("shop", AccountKind.MERCHANT)):
            await accounts.create(NewAccount(name, name, kind, "EUR"))
        await accounts.deposit("alice", Money("EUR", 1000), Request(RequestKey("anyone", "Deposit", "first"), {}))
        for outcome in await self.pay([PayOrder(order_id, ALICE) for order_id in self.order_service.orders]):
            assert isinstance(outcome, Paid)
        await self.confirm.flush()
        assert len(self.order_service.flipped) == len(self.order_service.orders)
        self.order_service.flipped.clear()


async def test_anothers_payment_pays_no_other_order(pair: Pair) -> None:
    world = World(pair, "order")
    await world.begin()
    # Dearer, at another shop, and on an account that she does not even have.
    taken = Order("order", "mallory", "nobodys", "elsewhere", Money("EUR", 99_900), OrderStatus.UNPAID, None)
    world.order_service.orders["order"] = taken
    (outcome,) = await world.pay([PayOrder("order", MALLORY)])
    await world.database.close()
    assert isinstance(outcome, PayonceError)
    assert outcome.reason == Reason.ORDER_ALREADY_PAID
    assert not world.order_service.flipped


async def test_reconcile_goes_on_beside_a_lock(pair: Pair) -> None:
    """Both are to be given back; traffic has one of them, which the next run finds again."""
    world = World(pair, "held", "other")
    await world.begin()
    for order_id, order in world.order_service.orders.items():
        world.order_service.orders[order_id] = order._replace(status=OrderStatus.CANCELLED)
    work = Reconcile(world.database, world.orders, Endings(world.database, world.orders, world.take_back))
    with held(pair.payments_url, "SELECT 1 FROM payments WHERE subject = 'order:held' FOR UPDATE"):
        found = [(d.payment.subject, d.remedy, d.repaired) async for _, page in work.run(apply=True) for d in page]
    assert found == [
        ("order:held", Remedy.GIVE_BACK, False),
        ("order:other", Remedy.GIVE_BACK, True),
    ]
    again = [(d.payment.subject, d.repaired) async for _, page in work.run(apply=True) for d in page]
    assert again == [("order:held", True)]
    await world.database.close()
