"""A repetition by somebody else is none: no stored answer is told to who did not ask for it (I13, I19)."""

from payonce.payment.v1 import account_pb2, refund_pb2
from shared.callers import Role
from tests.access.acting import Acting
from tests.access.outcomes import outcome
from tests.access.things import NUMBERS, OURS, PRICE, THEIRS, Things
from tests.harness.answers import replayed
from tests.harness.corrections import explain, lookup, refund, ticket, use
from tests.harness.money import balance, money, pay_once
from tests.harness.refusals import ABSENT, contents, forge, refusal
from tests.harness.stubs import Stubs


def fresh() -> str:
    return f"r-{next(NUMBERS)}"


def asked_before(door: Acting, request_id: str) -> None:
    """As if nobody had been asked then who they are."""
    forge(door.pair.payments_url, "requests", "caller = 'anyone'", "request_id = %s", request_id)


def deposit(stubs: Stubs, account: str, amount: int, request_id: str) -> object:
    request = account_pb2.DepositRequest(account_id=account, amount=money(amount), request_id=request_id)
    return stubs.payments.Deposit(request)


async def test_a_refund_is_the_merchants_who_asked(door: Acting, things: Things, cup: Stubs, pan: Stubs) -> None:
    ours, theirs, request_id = await things.payment(OURS), await things.payment(THEIRS), fresh()
    first = await refund(cup, ours, 10, request_id)
    before = contents(door.pair)
    await refusal(refund(pan, ours, 10, request_id), "PAYMENT_NOT_FOUND", ABSENT)
    assert contents(door.pair) == before
    # The same id is free for another caller, and gives nothing of the first one's away: neither answer nor parameters.
    second = await refund(pan, theirs, 11, request_id)
    assert (second.refund.payment_id, second.refund.amount) == (theirs, money(11))
    again = refund(cup, ours, 10, request_id)
    assert await again == first
    assert await replayed(again)


async def test_who_refunded_stands_in_the_history(door: Acting, things: Things, cup: Stubs) -> None:
    payment_id = await things.payment(OURS)
    await refund(cup, payment_id, 10, fresh())
    told = await explain(door.as_caller(Role.BACKOFFICE, "carla"), payment_id=payment_id)
    assert [event.actor for event in told.events if event.amount == money(10)] == ["merchant:cup"]


async def test_two_clerks_have_two_spaces_of_request_ids(door: Acting) -> None:
    carla, colin = (door.as_caller(Role.BACKOFFICE, name) for name in ("carla", "colin"))
    before, request_id = await balance(door.clerk, OURS.payer), fresh()
    for clerk in (carla, colin, carla):
        await deposit(clerk, OURS.payer, 5, request_id)  # type: ignore[misc]
    assert await balance(door.clerk, OURS.payer) == before + 10


async def test_what_was_asked_before_callers_had_identities_is_known(door: Acting) -> None:
    """A reply was lost, then tokens were switched on, then it is sent again."""
    carla = door.as_caller(Role.BACKOFFICE, "carla")
    before, request_id = await balance(door.clerk, OURS.payer), fresh()
    request = account_pb2.DepositRequest(account_id=OURS.payer, amount=money(5), request_id=request_id)
    first = await door.clerk.payments.Deposit(request)
    asked_before(door, request_id)
    again = carla.payments.Deposit(request)
    assert await again == first
    assert await replayed(again)
    request.amount.minor_units = 6  # another request, in carla's own space
    await carla.payments.Deposit(request)
    assert await balance(door.clerk, OURS.payer) == before + 5 + 6


async def test_a_refund_of_before_is_told_to_its_merchant_only(
    door: Acting, things: Things, cup: Stubs, pan: Stubs
) -> None:
    payment_id, request_id = await things.payment(OURS), fresh()
    asked = refund_pb2.RefundPaymentRequest(payment_id=payment_id, amount=money(10), request_id=request_id)
    first = await door.clerk.payments.RefundPayment(asked)
    asked_before(door, request_id)
    before = contents(door.pair)
    await refusal(pan.payments.RefundPayment(asked), "PAYMENT_NOT_FOUND", ABSENT)
    assert await cup.payments.RefundPayment(asked) == first
    assert contents(door.pair) == before


async def test_a_paid_order_is_told_to_its_customer_only(door: Acting, things: Things) -> None:
    ann, bob = (door.as_caller(Role.CUSTOMER, sides.customer) for sides in (OURS, THEIRS))
    order_id = await things.order(OURS)
    first = await pay_once(ann, order_id)
    before = contents(door.pair)
    foreign = await outcome(pay_once(bob, order_id))
    absent = await outcome(pay_once(bob, "n-000000"))
    assert foreign.without({order_id: "n-000000"}) == absent
    assert contents(door.pair) == before
    again = pay_once(ann, order_id)
    assert (await again).payment == first.payment
    assert await replayed(again)


async def test_an_open_ticket_is_whose_account_it_paid(door: Acting, cup: Stubs, pan: Stubs) -> None:
    """Whoever holds it may use it; once it is used, it is nobody else's."""
    secret = await ticket(door.as_caller(Role.CUSTOMER, OURS.customer), OURS.payer)
    assert (await lookup(pan, ticket=secret)).safe_to_retry
    first = await use(cup, secret, OURS.payee, PRICE)
    before = contents(door.pair)
    for payee in (THEIRS.payee, OURS.payee):
        foreign = await outcome(use(pan, secret, payee, PRICE))
        assert foreign == await outcome(use(pan, "never" + "0" * 17, payee, PRICE))
        assert foreign.reason == "TICKET_NOT_FOUND"
    await refusal(lookup(pan, ticket=secret), "TICKET_NOT_FOUND", ABSENT)
    assert contents(door.pair) == before
    assert (await use(cup, secret, OURS.payee, PRICE)).payment == first.payment
    await refusal(use(cup, secret, THEIRS.payee, PRICE), "TICKET_MISMATCH")
