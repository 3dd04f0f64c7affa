"""Callers who travel in one batch: each is answered as if alone."""

from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest

from payment_service.clients.orders import OrdersClient
from payment_service.domain.charges import Paid, PayOrder
from payment_service.domain.tickets import PayWithTicket, ticket_subject
from payment_service.usecases.confirm import Confirm
from payment_service.usecases.pay_orders import PayOrders
from payment_service.usecases.pay_tickets import PayTickets
from payment_service.usecases.take_back import TakeBack
from shared.callers import DEVELOPER, Caller, Role, Scope
from shared.database import Database
from shared.errors import PayonceError
from shared.money import Money
from tests.access.acting import Acting
from tests.access.things import OURS, PRICE, THEIRS, Things
from tests.harness.corrections import ticket
from tests.harness.postgres import rows

ANN = Caller(Role.CUSTOMER, OURS.customer, Scope.OWN)
BOB = Caller(Role.CUSTOMER, THEIRS.customer, Scope.OWN)
CUP = Caller(Role.MERCHANT, OURS.merchant, Scope.OWN)
PAN = Caller(Role.MERCHANT, THEIRS.merchant, Scope.OWN)


class Rooms(NamedTuple):
    """The use cases, with an order_service that is there, and with one that is not."""

    pay: PayOrders
    pay_alone: PayOrders
    pay_tickets: PayTickets


@pytest.fixture
async def rooms(door: Acting) -> AsyncIterator[Rooms]:
    database = Database(door.pair.payments_url, pool_size=4, application="test")
    clients = [door.orders_client(), OrdersClient("127.0.0.1:1", timeout_s=1)]
    pay, alone = [PayOrders(database, one, Confirm(database, one, TakeBack(database, one))) for one in clients]
    yield Rooms(pay, alone, PayTickets(database))
    for client in clients:
        await client.close()
    await database.close()


def told(outcome: Paid | PayonceError) -> str:
    if isinstance(outcome, PayonceError):
        return outcome.reason
    return "REPLAYED" if outcome.replayed else "PAID"


async def test_of_one_order_each_is_told_their_own(rooms: Rooms, door: Acting, things: Things) -> None:
    """The stranger first: an order that is not theirs is neither paid by them nor kept from its customer."""
    order_id = await things.order(OURS)
    commands = [PayOrder(order_id, caller) for caller in (BOB, ANN, DEVELOPER, PAN)]
    stranger, own, anybody, merchant = await rooms.pay(commands)
    assert [told(one) for one in (stranger, own, anybody, merchant)] == [
        "ORDER_NOT_FOUND", "PAID", "REPLAYED", "ORDER_NOT_FOUND",
    ]  # fmt: skip
    charged = rows(
        door.pair.payments_url,
        "SELECT actor FROM history WHERE subject = %s AND event = 'charged'",
        [f"order:{order_id}"],
    )
    assert charged == [("customer:ann",)]
    # Paid, as our own books know: the same.
    again = await rooms.pay([*commands, PayOrder("n-000000", BOB)])
    assert [told(one) for one in again] == [
        "ORDER_NOT_FOUND",
        "REPLAYED",
        "REPLAYED",
        "ORDER_NOT_FOUND",
        "ORDER_NOT_FOUND",
    ]


async def test_without_order_service_a_stranger_is_told_what_all_are(rooms: Rooms, things: Things) -> None:
    order_id = await things.order(OURS)
    await rooms.pay([PayOrder(order_id, ANN)])
    commands = [PayOrder(order_id, BOB), PayOrder(order_id, ANN), PayOrder("n-000000", BOB)]
    answers = [told(one) for one in await rooms.pay_alone(commands)]
    assert answers == ["ORDER_SERVICE_UNAVAILABLE", "REPLAYED", "ORDER_SERVICE_UNAVAILABLE"]


async def test_of_one_open_ticket_the_first_merchant_has_it(rooms: Rooms, door: Acting) -> None:
    secret = await ticket(door.clerk, OURS.payer)
    amount = Money("EUR", PRICE)
    wishes = [
        PayWithTicket(ticket_subject(secret), caller, payee, amount)
        for caller, payee in ((BOB, OURS.payee), (CUP, OURS.payee), (PAN, THEIRS.payee), (ANN, OURS.payee))
    ]
    assert [told(one) for one in await rooms.pay_tickets(wishes)] == [
        "TICKET_NOT_FOUND", "PAID", "TICKET_NOT_FOUND", "REPLAYED",
    ]  # fmt: skip
