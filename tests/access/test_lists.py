"""Lists: what is others' is left out where the rows are read, so that each page is full of one's own."""

import grpc
import pytest

from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import account_pb2, payment_service_pb2
from shared.callers import Role
from tests.access.acting import Acting
from tests.access.things import OURS, THEIRS, Sides, Things
from tests.harness.corrections import ticket, use
from tests.harness.money import put
from tests.harness.pages import pages
from tests.harness.refusals import INVALID, refusal

ROLES = pytest.mark.parametrize("role", [Role.CUSTOMER, Role.MERCHANT])
SUBJECT = {Role.CUSTOMER: OURS.customer, Role.MERCHANT: OURS.merchant}
Orders = order_service_pb2.ListOrdersRequest
Payments = payment_service_pb2.ListPaymentsRequest
Accounts = account_pb2.ListAccountsRequest


@pytest.fixture(scope="module")
async def made(door: Acting, things: Things) -> dict[str, list[str]]:
    """Ours among theirs: orders and payments between ourselves, each of two accounts; the newest first."""
    found: dict[str, list[str]] = {"orders": [], "payments": [], "theirs": []}
    for account, owner, kind in (
        (OURS.payer, OURS.customer, account_pb2.ACCOUNT_KIND_CUSTOMER),
        (OURS.payee, OURS.merchant, account_pb2.ACCOUNT_KIND_MERCHANT),
    ):
        await things.account(f"{account}-2", owner, kind)
    await put(door.clerk, f"{OURS.payer}-2", 10**6, request_id="second")
    for _ in range(3):
        for payer, payee in ((OURS.payer, OURS.payee), (f"{OURS.payer}-2", f"{OURS.payee}-2")):
            found["theirs"].append(await things.order(THEIRS))
            found["orders"].insert(0, await things.order(OURS, payer=payer, payee=payee))
            found["theirs"].append(await things.payment(THEIRS))
            secret = await ticket(door.clerk, payer)
            found["payments"].insert(0, (await use(door.clerk, secret, payee, 5)).payment.payment_id)
    return found


@ROLES
async def test_orders(door: Acting, made: dict[str, list[str]], role: Role) -> None:
    stubs = door.as_caller(role, SUBJECT[role])
    found = await pages(stubs.orders.ListOrders, Orders(page_size=2), "orders")
    assert [len(page) for page in found] == [2, 2, 2]
    assert [order.order_id for page in found for order in page] == made["orders"]
    assert not (await stubs.orders.ListOrders(_orders_of(THEIRS, role))).orders
    by_both = _orders_of(OURS, role)
    by_both.payee_account_id = OURS.payee
    assert len((await stubs.orders.ListOrders(by_both)).orders) == 3


@ROLES
async def test_payments(door: Acting, made: dict[str, list[str]], role: Role) -> None:
    stubs = door.as_caller(role, SUBJECT[role])
    found = await pages(stubs.payments.ListPayments, Payments(page_size=2), "payments")
    assert [len(page) for page in found] == [2, 2, 2]
    assert [payment.payment_id for page in found for payment in page] == made["payments"]
    for foreign in (Payments(payer_account_id=THEIRS.payer), Payments(payee_account_id=THEIRS.payee)):
        assert not (await stubs.payments.ListPayments(foreign)).payments
    own = Payments(payer_account_id=OURS.payer, payee_account_id=OURS.payee)
    assert len((await stubs.payments.ListPayments(own)).payments) == 3


@ROLES
async def test_accounts(door: Acting, made: dict[str, list[str]], role: Role) -> None:
    assert made
    stubs = door.as_caller(role, SUBJECT[role])
    found = await pages(stubs.payments.ListAccounts, Accounts(page_size=1), "accounts")
    assert {account.owner_id for page in found for account in page} == {SUBJECT[role]}
    assert len(found) == 2
    assert not (await stubs.payments.ListAccounts(Accounts(owner_id=THEIRS.customer))).accounts


async def test_anothers_token_opens_nothing(door: Acting, made: dict[str, list[str]]) -> None:
    """A page token is a place in a list, and no right to read it."""
    assert made
    ann = door.as_caller(Role.CUSTOMER, OURS.customer)
    first = await door.clerk.orders.ListOrders(Orders(page_size=1))
    rest = await ann.orders.ListOrders(Orders(page_size=1_000, page_token=first.next_page_token))
    assert {order.customer_id for order in rest.orders} == {OURS.customer}
    mine = await ann.payments.ListPayments(Payments(page_size=1))
    await refusal(
        ann.payments.ListPayments(Payments(payer_account_id=THEIRS.payer, page_token=mine.next_page_token)),
        "INVALID_REQUEST",
        INVALID,
    )


async def test_an_order_of_no_merchant_is_no_merchants(
    door: Acting, things: Things, made: dict[str, list[str]]
) -> None:
    assert made
    order_id = await things.order(OURS, merchant="")
    listed = await door.as_caller(Role.MERCHANT, OURS.merchant).orders.ListOrders(Orders(page_size=1_000))
    assert listed.orders
    assert order_id not in {order.order_id for order in listed.orders}
    with pytest.raises(grpc.aio.AioRpcError) as caught:  # nor of somebody without a name
        await door.as_caller(Role.MERCHANT, "").orders.ListOrders(Orders(page_size=1_000))
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


def _orders_of(sides: Sides, role: Role) -> Orders:
    return Orders(customer_id=sides.customer) if role is Role.CUSTOMER else Orders(merchant_id=sides.merchant)
