"""A commit whose answer is lost: the transaction is run again, finds its own work, and gives the first answer."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import pytest

from payment_service.clients.orders import OrdersClient
from payment_service.domain.charges import Paid
from payment_service.domain.history import Event, EventKind
from payment_service.domain.ledger import AccountKind
from payment_service.domain.payments import PaymentState, StateReason, Subject, order_subject
from payment_service.domain.requests import RequestKey
from payment_service.domain.tickets import PayWithTicket, ticket_subject
from payment_service.storage import history
from payment_service.usecases import lookup
from payment_service.usecases.accounts import Accounts, NewAccount
from payment_service.usecases.endings import Endings, Why
from payment_service.usecases.once import Request
from payment_service.usecases.pay_tickets import PayTickets, Tickets
from payment_service.usecases.take_back import TakeBack
from shared.callers import DEVELOPER
from shared.database import Connection, Database
from shared.errors import PayonceError
from shared.money import Money
from tests.harness.books import owe
from tests.harness.postgres import Pair

T = TypeVar("T")
FIVE = Money("EUR", 5)
WHY = Why(DEVELOPER, StateReason.REVERSAL_REQUESTED, "")


class Forgetful(Database):
    """Each first commit succeeds, and nobody hears of it."""

    async def transact(self, work: Callable[[Connection], Awaitable[T]], *, name: str = "") -> T:
        await super().transact(work, name=name)
        return await super().transact(work, name=name)


@pytest.fixture
async def database(pair: Pair) -> AsyncIterator[Database]:
    opened = Forgetful(pair.payments_url, pool_size=2, application="test")
    accounts = Accounts(opened)
    await accounts.create(NewAccount("ann", "ann", AccountKind.CUSTOMER, "EUR"))
    await accounts.create(NewAccount("shop", "shop", AccountKind.MERCHANT, "EUR"))
    yield opened
    await opened.close()


async def deposit(database: Database) -> bool:
    """Whether a first deposit of five is said to be a replay."""
    request = Request(RequestKey("a", "Deposit", "one"), {})
    return (await Accounts(database).deposit("ann", FIVE, request))[1]


async def ticket(database: Database, secret: str) -> Subject:
    subject = ticket_subject(secret)
    await Tickets(database).create(subject=subject, caller=DEVELOPER, payer="ann", payee=None, amount=None, ttl_s=60)
    return subject


async def pay(database: Database, subject: Subject) -> Any:
    return (await PayTickets(database)([PayWithTicket(subject, DEVELOPER, "shop", FIVE)]))[0]


async def test_money_moves_once_and_the_first_answer_is_no_replay(database: Database) -> None:
    assert not await deposit(database)
    assert await deposit(database)
    assert (await Accounts(database).get("ann", DEVELOPER)).balance == FIVE
    assert isinstance(await pay(database, await ticket(database, "t")), Paid)
    assert (await Accounts(database).get("shop", DEVELOPER)).balance == FIVE


async def test_a_decline_is_a_decline(database: Database) -> None:
    declined = await pay(database, await ticket(database, "t"))
    assert isinstance(declined, PayonceError)
    assert declined.reason == "INSUFFICIENT_FUNDS"


async def test_an_ending_knows_its_own_correction(database: Database) -> None:
    await deposit(database)
    orders = OrdersClient("127.0.0.1:1", timeout_s=1)  # tickets need none
    endings = Endings(database, orders, TakeBack(database, orders))
    paid, unused = await ticket(database, "paid"), await ticket(database, "unused")
    await pay(database, paid)
    for subject, state in ((paid, PaymentState.REVERSED), (unused, PaymentState.VOIDED)):
        first, again = [await endings.reverse(subject, WHY) for _ in range(2)]
        assert (first[0].state, first[1], again[1]) == (state, False, True)
    assert (await Accounts(database).get("ann", DEVELOPER)).balance == FIVE
    await orders.close()


async def test_an_explanation_has_the_attempt_of_every_line(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(pair.payments_url, pool_size=2, application="test")
    subject = order_subject("o")
    of_subject = history.of_subject

    async def paid_meanwhile(connection: Connection, about: Subject) -> list[Event]:
        payment_id = owe(pair.payments_url, "o")
        charged = Event(subject, payment_id, EventKind.CHARGED, "a", "", 5)
        await database.transact(lambda c: history.record(c, [charged]))
        return await of_subject(connection, about)

    monkeypatch.setattr(history, "of_subject", paid_meanwhile)
    orders = OrdersClient("127.0.0.1:1", timeout_s=1)  # an explanation needs none
    told = await lookup.Lookups(database, orders).explain(subject, DEVELOPER)
    assert len(told.events) == 1
    assert {event.payment_id for event in told.events} <= {attempt.payment_id for attempt in told.attempts}
    await orders.close()
    await database.close()
