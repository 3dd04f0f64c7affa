"""What exists is not told to who may not see it: by no other text, reason or metadata, whatever way it is asked."""

import grpc
import pytest

from payment_service.clients.orders import OrdersClient
from payment_service.domain.payments import order_subject
from payment_service.storage.claims import CLAIM_LOCKS
from payment_service.usecases.lookup import Lookups
from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import account_pb2, payment_service_pb2
from shared.callers import Caller, Role, Scope
from shared.database import Database
from shared.errors import PayonceError
from tests.access.acting import Acting
from tests.access.outcomes import outcome
from tests.access.things import NOBODY, OURS, PRICE, THEIRS, Things
from tests.harness.corrections import authorize, lookup, ticket, use
from tests.harness.locks import held
from tests.harness.money import money, pay_once
from tests.harness.refusals import ABSENT, contents, refusal
from tests.harness.stubs import Stubs

TAKEN = "ORDER_ALREADY_EXISTS"
Outcome = payment_service_pb2.LookupOutcome


def claiming(order_id: str) -> str:
    """What an attempt does first."""
    return f"SELECT pg_advisory_xact_lock_shared({CLAIM_LOCKS}, hashtext('order:{order_id}'))"


async def test_of_a_taken_order_id_a_stranger_learns_no_more(
    door: Acting, things: Things, cup: Stubs, pan: Stubs
) -> None:
    order_id = await things.order(OURS)
    found = await door.clerk.orders.GetOrder(order_service_pb2.GetOrderRequest(order_id=order_id))
    same = order_service_pb2.CreateOrderRequest(
        order_id=order_id, customer_id=found.customer_id, payer_account_id=found.payer_account_id,
        payee_account_id=found.payee_account_id, amount=found.amount,
    )  # fmt: skip
    other = order_service_pb2.CreateOrderRequest()
    other.CopyFrom(same)
    other.amount.minor_units += 1
    before = contents(door.pair)
    guesses = [await outcome(pan.orders.CreateOrder(request)) for request in (same, other)]
    assert guesses[0] == guesses[1]
    taken = grpc.StatusCode.ALREADY_EXISTS
    assert await refusal(pan.orders.CreateOrder(same), TAKEN, taken) == {"order_id": order_id}
    told = {"order_id": order_id, "fields": "amount"}
    assert await refusal(cup.orders.CreateOrder(other), TAKEN, taken) == told
    assert (await cup.orders.CreateOrder(same)).merchant_id == OURS.merchant
    assert contents(door.pair) == before


async def test_an_order_on_anothers_account_is_one_on_none(door: Acting, things: Things, ann: Stubs) -> None:
    """bob's money is bob's, whoever writes bob's account into an order of ann's."""
    foreign, absent = [await things.order(OURS, payer=payer) for payer in (THEIRS.payer, NOBODY.payer)]
    before = contents(door.pair)
    for method in (pay_once, authorize):
        told = await outcome(method(ann, foreign))
        assert told.reason == "ACCOUNT_NOT_FOUND"
        names = {foreign: absent, THEIRS.payer: NOBODY.payer}
        assert told.without(names) == await outcome(method(ann, absent))
    assert contents(door.pair) == before


async def test_who_can_be_paid_is_told_of_merchants_only(door: Acting, things: Things, ann: Stubs) -> None:
    """A customer may name any payee: not to find out who else has an account, and in which currency."""
    yen = await things.account("a-yen", THEIRS.customer, account_pb2.ACCOUNT_KIND_CUSTOMER, "JPY")
    secret = await ticket(ann, OURS.payer)
    orders = {payee: await things.order(OURS, payee=payee) for payee in (THEIRS.payer, yen, NOBODY.payer)}
    before = contents(door.pair)
    for payee in (THEIRS.payer, yen):
        told = await outcome(use(ann, secret, payee, PRICE))
        assert told.reason == "ACCOUNT_NOT_FOUND"
        names = {payee: NOBODY.payer, orders[payee]: orders[NOBODY.payer]}
        assert told.without(names) == await outcome(use(ann, secret, NOBODY.payer, PRICE))
        told = await outcome(pay_once(ann, orders[payee]))
        assert told.without(names) == await outcome(pay_once(ann, orders[NOBODY.payer]))
    await refusal(use(door.clerk, secret, THEIRS.payer, PRICE), "ACCOUNT_KIND_MISMATCH")
    assert contents(door.pair) == before
    assert (await use(ann, secret, THEIRS.payee, PRICE)).payment.payee_account_id == THEIRS.payee


async def test_a_merchant_takes_money_to_its_own_account(door: Acting, ann: Stubs, pan: Stubs) -> None:
    secret = await ticket(ann, OURS.payer)
    before = contents(door.pair)
    told = await outcome(use(pan, secret, OURS.payee, PRICE))
    assert told.reason == "ACCOUNT_NOT_FOUND"
    assert told.without({OURS.payee: NOBODY.payee}) == await outcome(use(pan, secret, NOBODY.payee, PRICE))
    assert contents(door.pair) == before


async def test_a_stolen_ticket_is_no_ticket(door: Acting, things: Things, pan: Stubs) -> None:
    """Not even by what it would be refused for to those who may use it."""
    bob = door.as_caller(Role.CUSTOMER, THEIRS.customer)
    secret, never = await things.ticket(OURS), "never" + "0" * 17
    before = contents(door.pair)
    for stubs in (bob, pan):
        for payee, amount in ((OURS.payee, PRICE), (THEIRS.payee, PRICE), (OURS.payee, PRICE + 1)):
            told = await outcome(use(stubs, secret, payee, amount))
            assert told.reason == "TICKET_NOT_FOUND"
            assert told == await outcome(use(stubs, never, payee, amount))
        await refusal(lookup(stubs, ticket=secret), "TICKET_NOT_FOUND", ABSENT)
    assert contents(door.pair) == before


async def test_anothers_attempt_with_an_open_ticket_is_not_seen(ann: Stubs, cup: Stubs, pan: Stubs) -> None:
    secret = await ticket(ann, OURS.payer)
    await refusal(use(pan, secret, THEIRS.payee, 10**12), "INSUFFICIENT_FUNDS")
    assert (await lookup(pan, ticket=secret)).outcome == Outcome.LOOKUP_OUTCOME_DECLINED
    assert (await lookup(ann, ticket=secret)).outcome == Outcome.LOOKUP_OUTCOME_DECLINED
    assert (await lookup(cup, ticket=secret)).outcome == Outcome.LOOKUP_OUTCOME_NOT_SEEN


async def test_an_attempt_under_way_is_seen_by_its_sides(
    door: Acting, things: Things, ann: Stubs, cup: Stubs, pan: Stubs
) -> None:
    """Nobody sees its row yet: the order tells whose it is."""
    bob = door.as_caller(Role.CUSTOMER, THEIRS.customer)
    order_id = await things.order(OURS)
    with held(door.pair.payments_url, claiming(order_id)):
        for stubs, seen in ((ann, True), (cup, True), (bob, False), (pan, False)):
            told = (await lookup(stubs, order_id=order_id)).outcome
            expected = Outcome.LOOKUP_OUTCOME_IN_PROGRESS if seen else Outcome.LOOKUP_OUTCOME_NOT_SEEN
            assert told == expected


async def test_without_order_service_an_attempt_under_way_is_told_to_neither(door: Acting, things: Things) -> None:
    order_id = await things.order(OURS)
    database = Database(door.pair.payments_url, pool_size=2, application="test")
    gone = OrdersClient("127.0.0.1:1", timeout_s=1)
    told = []
    with held(door.pair.payments_url, claiming(order_id)):
        for subject in (OURS.customer, THEIRS.customer):
            caller = Caller(Role.CUSTOMER, subject, Scope.OWN)
            with pytest.raises(PayonceError) as caught:
                await Lookups(database, gone).by_subject(order_subject(order_id), caller)
            told.append((caught.value.reason, caught.value.message, caught.value.metadata))
    assert told[0] == told[1]
    assert told[0][0] == "ORDER_SERVICE_UNAVAILABLE"
    await gone.close()
    await database.close()


async def test_a_merchants_order_is_its_own(cup: Stubs) -> None:
    """Whether it says so or not."""
    request = order_service_pb2.CreateOrderRequest(
        order_id="n-000001", customer_id=OURS.customer, payer_account_id=OURS.payer, payee_account_id=OURS.payee,
        amount=money(PRICE),
    )  # fmt: skip
    assert (await cup.orders.CreateOrder(request)).merchant_id == OURS.merchant
    request.merchant_id = OURS.merchant
    assert (await cup.orders.CreateOrder(request)).order_id == "n-000001"
