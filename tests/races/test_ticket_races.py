"""One ticket, many callers: one charge. A ticket racing its own end: used or expired, never first this, then that."""

import asyncio
import hashlib

from payonce.payment.v1 import payment_pb2, ticket_pb2
from tests.harness.audit import at_rest, audit
from tests.harness.corrections import ticket, use
from tests.harness.ledger import effects
from tests.harness.money import balance, money, seed
from tests.harness.refusals import forge
from tests.harness.two import Two, end_of

CALLERS = 200


async def asks(two: Two, i: int, one: str, payee: str, amount: int) -> str:
    return await end_of(lambda: use(two.stubs(i), one, payee, amount))


async def test_200_callers_of_two_processes_charge_once(two: Two) -> None:
    await seed(two.one, "ticket-ann")
    request = ticket_pb2.PayWithTicketRequest(
        ticket=await ticket(two.one, "ticket-ann"), payee_account_id="shop", amount=money(1_000)
    )
    answers, replays = await two.at_once("PayWithTicket", request, CALLERS)
    assert [answer for answer in answers if answer != answers[0]] == []
    assert replays == CALLERS - 1
    assert answers[0].payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
    assert await balance(two.one, "ticket-ann") == 9_000
    found = effects(two.pair, "ticket-ann")
    assert (found["entry charge"], found["payment succeeded"], found["ticket used"]) == (1, 1, 1)
    await at_rest(two.pair)
    audit(two.pair)


async def test_callers_who_want_different_things_with_one_ticket(two: Two) -> None:
    """Whoever is first decides what the ticket is for; the others are told what is true of their own request."""
    await seed(two.one, "ticket-bob")
    one = await ticket(two.one, "ticket-bob")
    ends = await asyncio.gather(*(asks(two, i, one, "shop", 1_000 + i // 2 % 2) for i in range(40)))
    assert (set(ends), ends.count("OK")) == ({"OK", "TICKET_MISMATCH"}, 20)
    assert await balance(two.one, "ticket-bob") in (9_000, 8_999)


async def test_a_request_that_cannot_be_done_spoils_no_good_one(two: Two) -> None:
    """A payee who does not exist, or too much money: only who asks for that is refused."""
    await seed(two.one, "ticket-cid")
    # Those that can't be done come first, so that the good ones wait, and travel, with some of them.
    wanted = [("nobody", 10), ("shop", 10**6), ("nobody", 10), ("shop", 10)]
    for n in range(5):
        one = await ticket(two.one, "ticket-cid")
        ends = await asyncio.gather(*(asks(two, i, one, *wanted[i // 2 % 4]) for i in range(80)))
        told = [{end for i, end in enumerate(ends) if i // 2 % 4 == kind} for kind in range(4)]
        assert told[3] == {"OK"}, (n, told)
        assert told[0] | told[2] <= {"ACCOUNT_NOT_FOUND", "TICKET_MISMATCH"}, (n, told)
        assert told[1] <= {"INSUFFICIENT_FUNDS", "TICKET_MISMATCH"}, (n, told)
    assert await balance(two.one, "ticket-cid") == 9_950


async def test_a_ticket_racing_its_own_end_is_used_or_expired(alone: Two) -> None:
    await seed(alone.one, "ticket-dan", deposit=10**6)
    # From an hour ago to in an hour, most of them around the moment at which the calls arrive.
    ends_ms = [-3_600_000, 3_600_000, *range(0, 400, 8)]
    made = await asyncio.gather(*(ticket(alone.one, "ticket-dan", "shop", 5) for _ in ends_ms))
    told: list[set[str]] = await asyncio.gather(
        *(callers(alone, one, end_ms) for one, end_ms in zip(made, ends_ms, strict=True))
    )
    assert (told[0], told[1]) == ({"TICKET_EXPIRED"}, {"OK"})
    assert all(ends in ({"OK"}, {"TICKET_EXPIRED"}) for ends in told), told
    for one, ends in zip(made, told, strict=True):  # what was told stays true
        move_end(alone, one, 3_600_000)
        assert {await asks(alone, i, one, "shop", 5) for i in range(2)} == ends
        if ends == {"TICKET_EXPIRED"}:
            move_end(alone, one, -1)  # for the audit: it did end
    used = sum(ends == {"OK"} for ends in told)
    assert await balance(alone.one, "ticket-dan") == 10**6 - 5 * used
    await at_rest(alone.pair)
    audit(alone.pair)


async def callers(two: Two, one: str, end_ms: int) -> set[str]:
    """What eight callers are told of a ticket that ends so soon, some of them one after the other."""
    move_end(two, one, end_ms)
    found: set[str] = set()
    for _ in range(2):
        found |= set(await asyncio.gather(*(asks(two, i, one, "shop", 5) for i in range(4))))
    return found


def move_end(two: Two, one: str, end_ms: int) -> None:
    subject = "ticket:" + hashlib.sha256(one.encode()).hexdigest()
    change = f"expires_at = clock_timestamp() + {end_ms} * interval '1 ms'"
    forge(two.pair.payments_url, "tickets", change, "subject = %s", subject)
