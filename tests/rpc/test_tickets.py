"""Tickets: one payment at most, for what it was made for, within its time."""

import hashlib

from payonce.payment.v1 import payment_pb2, payment_service_pb2, ticket_pb2
from tests.harness.answers import replayed
from tests.harness.audit import at_rest
from tests.harness.corrections import ticket, use
from tests.harness.money import balance, money, put, seed
from tests.harness.postgres import rows
from tests.harness.refusals import ABSENT, contents, forge, refusal
from tests.harness.services import Services
from tests.harness.stubs import Stubs

DAY_S = 24 * 3600


def expire(running: Services, ticket_id: str, when: str) -> None:
    """Move a ticket's end to `when`."""
    change = f"expires_at = now() + interval '{when}'"
    forge(running.pair.payments_url, "tickets", change, "subject = %s", subject(ticket_id))


def subject(ticket_id: str) -> str:
    return "ticket:" + hashlib.sha256(ticket_id.encode()).hexdigest()


async def test_a_ticket_pays_once_and_is_replayed(stubs: Stubs) -> None:
    await seed(stubs, "t1-ann", "t1-shop", deposit=500)
    one = await ticket(stubs, "t1-ann", "t1-shop", 300)
    first_call = use(stubs, one, "t1-shop", 300)
    first = await first_call
    assert not await replayed(first_call)
    paid = first.payment
    assert (paid.state, paid.amount, paid.captured_amount, paid.order_id) == (
        payment_pb2.PAYMENT_STATE_SUCCEEDED, money(300), money(300), "",
    )  # fmt: skip
    call = use(stubs, one, "t1-shop", 300)
    assert await call == first
    assert await replayed(call)
    assert (await balance(stubs, "t1-ann"), await balance(stubs, "t1-shop")) == (200, 300)


async def test_only_the_hash_is_stored_and_no_log_tells_the_ticket(running: Services, stubs: Stubs) -> None:
    await seed(stubs, "t2-ann", "t2-shop")
    one = await ticket(stubs, "t2-ann")
    await use(stubs, one, "t2-shop", 5)
    await refusal(use(stubs, one, "t2-shop", 6), "TICKET_MISMATCH")
    assert len(one) == 22
    found = contents(running.pair)
    assert subject(one) in str(found)
    assert one not in str(found)
    assert one not in running.payments[0].stderr


async def test_a_ticket_is_for_what_it_was_made_for(stubs: Stubs) -> None:
    await seed(stubs, "t3-ann", "t3-shop")
    await seed(stubs, "t3-bob", "t3-other", deposit=0)
    one = await ticket(stubs, "t3-ann", "t3-shop", 300)
    for payee, amount, currency, fields in (
        ("t3-other", 300, "EUR", "payee_account_id"),
        ("t3-shop", 301, "EUR", "amount"),
        ("t3-shop", 300, "USD", "amount"),
        ("t3-other", 299, "EUR", "payee_account_id,amount"),
    ):
        told = await refusal(use(stubs, one, payee, amount, currency), "TICKET_MISMATCH")
        assert told["fields"] == fields
    assert await balance(stubs, "t3-ann") == 10_000
    await use(stubs, one, "t3-shop", 300)


async def test_an_open_ticket_is_for_what_it_was_used_for(stubs: Stubs) -> None:
    await seed(stubs, "t4-ann", "t4-shop")
    await seed(stubs, "t4-bob", "t4-other", deposit=0)
    one = await ticket(stubs, "t4-ann")
    await use(stubs, one, "t4-shop", 7)
    for payee, amount, currency, fields in (
        ("t4-other", 7, "EUR", "payee_account_id"),
        ("t4-shop", 8, "EUR", "amount"),
        ("t4-shop", 7, "USD", "amount"),
        ("t4-other", 8, "EUR", "payee_account_id,amount"),
    ):
        told = await refusal(use(stubs, one, payee, amount, currency), "TICKET_MISMATCH")
        assert told["fields"] == fields
    assert await balance(stubs, "t4-ann") == 9_993


async def test_an_expired_ticket_never_executes_again(running: Services, stubs: Stubs) -> None:
    await seed(stubs, "t5-ann", "t5-shop")
    one = await ticket(stubs, "t5-ann")
    expire(running, one, "0")
    await refusal(use(stubs, one, "t5-shop", 5), "TICKET_EXPIRED")
    expire(running, one, "1 hour")  # the clock jumped back: what was told stays true
    await refusal(use(stubs, one, "t5-shop", 5), "TICKET_EXPIRED")
    assert await balance(stubs, "t5-ann") == 10_000
    looked = await stubs.payments.LookupPayment(payment_service_pb2.LookupPaymentRequest(ticket=one))
    assert (looked.outcome, looked.safe_to_retry) == (payment_service_pb2.LOOKUP_OUTCOME_NOT_SEEN, False)


async def test_a_used_ticket_is_replayed_after_its_time(running: Services, stubs: Stubs) -> None:
    await seed(stubs, "t6-ann", "t6-shop")
    one = await ticket(stubs, "t6-ann")
    first = await use(stubs, one, "t6-shop", 5)
    expire(running, one, "-1 hour")
    call = use(stubs, one, "t6-shop", 5)
    assert await call == first
    assert await replayed(call)


async def test_a_decline_burns_the_attempt_and_not_the_ticket(stubs: Stubs) -> None:
    await seed(stubs, "t7-ann", "t7-shop", deposit=4)
    one = await ticket(stubs, "t7-ann")
    await refusal(use(stubs, one, "t7-shop", 5), "INSUFFICIENT_FUNDS")
    await refusal(use(stubs, one, "t7-shop", 5), "INSUFFICIENT_FUNDS")
    await put(stubs, "t7-ann", 1, request_id="t7-more")
    assert (await use(stubs, one, "t7-shop", 5)).payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
    assert (await balance(stubs, "t7-ann"), await balance(stubs, "t7-shop")) == (0, 5)


async def test_refused_tickets_change_nothing_and_stay_usable(running: Services, stubs: Stubs) -> None:
    await seed(stubs, "t8-ann", "t8-shop")
    await seed(stubs, "t8-bob", "t8-usd", deposit=0, currency="USD")
    one = await ticket(stubs, "t8-ann")
    await at_rest(running.pair)
    before = contents(running.pair)
    await refusal(use(stubs, "A" * 22, "t8-shop", 5), "TICKET_NOT_FOUND", ABSENT)
    await refusal(use(stubs, one, "t8-nobody", 5), "ACCOUNT_NOT_FOUND", ABSENT)
    await refusal(use(stubs, one, "t8-ann", 5), "ACCOUNT_KIND_MISMATCH")
    await refusal(use(stubs, one, "t8-usd", 5), "CURRENCY_MISMATCH")
    await refusal(use(stubs, one, "t8-shop", 5, "USD"), "CURRENCY_MISMATCH")
    await refusal(ticket(stubs, "t8-nobody"), "ACCOUNT_NOT_FOUND", ABSENT)
    await refusal(ticket(stubs, "t8-shop"), "ACCOUNT_KIND_MISMATCH")
    await refusal(ticket(stubs, "t8-ann", amount=5, currency="USD"), "CURRENCY_MISMATCH")
    assert contents(running.pair) == before
    await use(stubs, one, "t8-shop", 5)


async def test_the_databases_clock_decides_how_long_a_ticket_lives(running: Services, stubs: Stubs) -> None:
    await seed(stubs, "t9-ann", "t9-shop")
    for asked_s, lives_s in ((0, DAY_S), (1, 1), (7 * DAY_S, 7 * DAY_S)):
        request = ticket_pb2.CreateTicketRequest(payer_account_id="t9-ann", ttl_seconds=asked_s)
        made = await stubs.payments.CreateTicket(request)
        assert made.expire_time.ToNanoseconds() - made.create_time.ToNanoseconds() == lives_s * 10**9
        stored = rows(
            running.pair.payments_url, "SELECT created_at FROM tickets WHERE subject = %s", [subject(made.ticket)]
        )
        assert stored[0][0].timestamp() == made.create_time.ToMicroseconds() / 10**6
