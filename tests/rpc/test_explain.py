"""ExplainPayment tells every attempt, what happened and why; LookupPayment what is known, by order or ticket."""

import asyncio
import time

import psycopg

from payonce.payment.v1 import history_pb2, payment_pb2, payment_service_pb2
from tests.harness.corrections import (
    NEVER,
    authorize,
    capture,
    explain,
    lookup,
    payment,
    refund,
    reverse,
    ticket,
    use,
    void,
)
from tests.harness.money import TIMEOUT_S, money, order, pay, put, seed
from tests.harness.postgres import raw
from tests.harness.refusals import ABSENT, outcome, refusal
from tests.harness.services import Services
from tests.harness.stubs import Stubs

Outcome = payment_service_pb2.LookupOutcome


def told(found: history_pb2.ExplainPaymentResponse) -> list[tuple[str, str, str, int]]:
    """Each event as (kind, actor, reason, amount)."""
    return [
        (
            history_pb2.PaymentEventKind.Name(event.kind).removeprefix("PAYMENT_EVENT_KIND_"),
            event.actor,
            event.reason,
            event.amount.minor_units,
        )
        for event in found.events
    ]


async def explained(stubs: Stubs, events: int, **subject: str) -> history_pb2.ExplainPaymentResponse:
    """The explanation, once so many events stand there: CONFIRMED is written a little later."""
    deadline = time.monotonic() + 30
    while len((found := await explain(stubs, **subject)).events) < events:
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.05)
    return found


async def test_every_attempt_and_what_was_decided(stubs: Stubs) -> None:
    await seed(stubs, "e1-ann", "e1-shop", deposit=100)
    await order(stubs, "e1-1", 700, customer="e1-ann", merchant="e1-shop")
    assert await explain(stubs, order_id="e1-1") == history_pb2.ExplainPaymentResponse()
    await refusal(pay(stubs, "e1-1"), "INSUFFICIENT_FUNDS")
    await put(stubs, "e1-ann", 900, request_id="e1-more")
    paid = (await pay(stubs, "e1-1")).payment.payment_id
    await explained(stubs, 3, order_id="e1-1")
    await refund(stubs, paid, 200, "e1-r", reason="one cup broken")
    await reverse(stubs, payment_id=paid, reason="all broken")

    found = await explained(stubs, 6, order_id="e1-1")
    assert told(found) == [
        ("DECLINED", "anyone", "INSUFFICIENT_FUNDS", 700),
        ("CHARGED", "anyone", "", 700),
        ("CONFIRMED", "completer", "", 700),
        ("REFUNDED", "anyone", "one cup broken", 200),
        ("REVERSAL_BEGUN", "anyone", "REVERSAL_REQUESTED: all broken", 500),
        ("REVERSED", "anyone", "REVERSAL_REQUESTED: all broken", 500),
    ]
    assert [one.state for one in found.attempts] == [
        payment_pb2.PAYMENT_STATE_DECLINED, payment_pb2.PAYMENT_STATE_REVERSED,
    ]  # fmt: skip
    declined = found.attempts[0].payment_id
    assert [event.payment_id for event in found.events] == [declined, *[paid] * 5]
    assert [(one.payment_id, one.amount, one.reason) for one in found.refunds] == [(paid, money(200), "one cup broken")]
    assert found.attempts[1] == await payment(stubs, paid)
    times = [event.create_time.ToNanoseconds() for event in found.events]
    assert times == sorted(times)
    for payment_id in (paid, declined):  # by payment: every other attempt too
        assert await explain(stubs, payment_id=payment_id) == found


async def test_a_ticket_is_explained_like_an_order(stubs: Stubs) -> None:
    await seed(stubs, "e2-ann", "e2-shop", deposit=4)
    one = await ticket(stubs, "e2-ann")
    await refusal(use(stubs, one, "e2-shop", 5), "INSUFFICIENT_FUNDS")
    await put(stubs, "e2-ann", 5, request_id="e2-more")
    paid = (await use(stubs, one, "e2-shop", 6)).payment.payment_id
    await refund(stubs, paid, 6, "e2-r")
    found = await explain(stubs, ticket=one)
    assert told(found) == [
        ("DECLINED", "anyone", "INSUFFICIENT_FUNDS", 5),
        ("CHARGED", "anyone", "", 6),
        ("REFUND_BEGUN", "anyone", "", 6),
        ("REFUNDED", "anyone", "", 6),
    ]
    assert await explain(stubs, payment_id=paid) == found


async def test_authorizations_and_tombstones_are_explained(stubs: Stubs) -> None:
    await seed(stubs, "e3-ann", "e3-shop")
    for order_id in ("e3-captured", "e3-void", "e3-late"):
        await order(stubs, order_id, customer="e3-ann", merchant="e3-shop")
    await capture(stubs, (await authorize(stubs, "e3-captured")).payment.payment_id, 600)
    await void(stubs, (await authorize(stubs, "e3-void")).payment.payment_id, reason="sold out")
    await reverse(stubs, order_id="e3-late", reason="never mind")
    assert told(await explained(stubs, 3, order_id="e3-captured")) == [
        ("AUTHORIZED", "anyone", "", 1_000),
        ("CAPTURED", "anyone", "", 600),
        ("CONFIRMED", "completer", "", 600),
    ]
    assert told(await explain(stubs, order_id="e3-void")) == [
        ("AUTHORIZED", "anyone", "", 1_000),
        ("VOID_BEGUN", "anyone", "AUTHORIZATION_VOIDED: sold out", 1_000),
        ("VOIDED", "anyone", "AUTHORIZATION_VOIDED: sold out", 1_000),
    ]
    assert told(await explain(stubs, order_id="e3-late")) == [
        ("VOID_BEGUN", "anyone", "REVERSAL_REQUESTED: never mind", 0),
        ("VOIDED", "anyone", "REVERSAL_REQUESTED: never mind", 0),
    ]


async def test_an_event_is_never_told_twice_by_replays(stubs: Stubs) -> None:
    await seed(stubs, "e4-ann", "e4-shop")
    await order(stubs, "e4-1", customer="e4-ann", merchant="e4-shop")
    paid = (await pay(stubs, "e4-1")).payment.payment_id
    for _ in range(3):
        await outcome(pay(stubs, "e4-1"))
        await refund(stubs, paid, 1_000, "e4-r")
        await refusal(reverse(stubs, order_id="e4-1"), "PAYMENT_REFUNDED")
    kinds = [kind for kind, *_ in told(await explain(stubs, order_id="e4-1")) if kind != "CONFIRMED"]
    assert kinds == ["CHARGED", "REFUND_BEGUN", "REFUNDED"]


async def test_lookup_tells_every_outcome(stubs: Stubs) -> None:
    await seed(stubs, "l1-ann", "l1-shop", deposit=4_000)
    ids = {name: f"l1-{name}" for name in ("unseen", "declined", "held", "paid", "reversed", "refunded", "void")}
    for name, order_id in ids.items():
        amount = 10**6 if name == "declined" else 1_000
        await order(stubs, order_id, amount, customer="l1-ann", merchant="l1-shop")
    await refusal(pay(stubs, ids["declined"]), "INSUFFICIENT_FUNDS")
    await authorize(stubs, ids["held"])
    paid = {name: (await pay(stubs, ids[name])).payment.payment_id for name in ("paid", "reversed", "refunded")}
    await reverse(stubs, order_id=ids["reversed"])
    await refund(stubs, paid["refunded"], 1_000, "l1-r")
    await reverse(stubs, order_id=ids["void"])
    for name, expected, safe in (
        ("unseen", payment_service_pb2.LOOKUP_OUTCOME_NOT_SEEN, True),
        ("declined", payment_service_pb2.LOOKUP_OUTCOME_DECLINED, True),
        ("held", payment_service_pb2.LOOKUP_OUTCOME_AUTHORIZED, False),
        ("paid", payment_service_pb2.LOOKUP_OUTCOME_SUCCEEDED, False),
        ("reversed", payment_service_pb2.LOOKUP_OUTCOME_REVERSED, False),
        ("refunded", payment_service_pb2.LOOKUP_OUTCOME_REFUNDED, False),
        ("void", payment_service_pb2.LOOKUP_OUTCOME_VOIDED, False),
    ):
        found = await lookup(stubs, order_id=ids[name])
        assert (Outcome.Name(found.outcome), found.safe_to_retry) == (Outcome.Name(expected), safe)
        assert found.HasField("payment") == (name != "unseen")
        if name != "unseen":
            assert found.payment == await payment(stubs, found.payment.payment_id)


async def test_lookup_by_ticket(stubs: Stubs) -> None:
    await seed(stubs, "l2-ann", "l2-shop")
    one = await ticket(stubs, "l2-ann")
    unseen = await lookup(stubs, ticket=one)
    assert (unseen.outcome, unseen.safe_to_retry) == (payment_service_pb2.LOOKUP_OUTCOME_NOT_SEEN, True)
    paid = (await use(stubs, one, "l2-shop", 5)).payment
    found = await lookup(stubs, ticket=one)
    assert (found.outcome, found.payment) == (payment_service_pb2.LOOKUP_OUTCOME_SUCCEEDED, paid)


async def test_an_attempt_under_way_is_in_progress(running: Services, stubs: Stubs) -> None:
    await seed(stubs, "l3-ann", "l3-shop")
    one = await ticket(stubs, "l3-ann")
    with psycopg.connect(raw(running.pair.payments_url)) as other:
        other.execute("SELECT FROM accounts WHERE account_id = 'l3-ann' FOR UPDATE")
        paying = use(stubs, one, "l3-shop", 5)
        task = asyncio.ensure_future(paying)
        deadline = time.monotonic() + TIMEOUT_S
        while (await lookup(stubs, ticket=one)).outcome != payment_service_pb2.LOOKUP_OUTCOME_IN_PROGRESS:
            assert time.monotonic() < deadline
    await asyncio.wait([task])
    assert (await use(stubs, one, "l3-shop", 5)).payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED


async def test_what_is_not_there(stubs: Stubs) -> None:
    await refusal(explain(stubs, ticket="A" * 22), "TICKET_NOT_FOUND", ABSENT)
    await refusal(explain(stubs, payment_id=NEVER), "PAYMENT_NOT_FOUND", ABSENT)
    await refusal(lookup(stubs, ticket="A" * 22), "TICKET_NOT_FOUND", ABSENT)
    assert (await lookup(stubs, order_id="l4-never")).outcome == payment_service_pb2.LOOKUP_OUTCOME_NOT_SEEN
