"""No right is given that nothing needs: each is taken away in turn, and something of a whole story must fail."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import NamedTuple

import grpc
import psycopg
import pytest

from order_service.storage import orders as orders_storage
from payment_service.domain.seals import Chain
from payment_service.storage import corrections, payments, seals
from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import account_pb2
from shared.database import Connection, Database
from tests.harness.corrections import authorize, capture, explain, refund, reverse, ticket, use, void
from tests.harness.money import money, pay_once, put_once, seed
from tests.harness.postgres import APP_ROLES, GRANTS, TEMPLATES, Pair, Postgres, raw
from tests.harness.refusals import outcome
from tests.harness.services import services
from tests.harness.stubs import Stubs


class Right(NamedTuple):
    """One privilege that a service's login has."""

    name: str  # of the database
    privilege: str
    table: str


RIGHTS = [
    Right(name, privilege, table)
    for name in TEMPLATES
    for table, grant in GRANTS[name].tables.items()
    for privilege in (
        "SELECT",
        *(["INSERT"] if grant.insert else []),
        *(["DELETE"] if grant.delete else []),
        *(f"UPDATE ({column})" for column in grant.update),
    )
]


class World(NamedTuple):
    """Services, callers, and what works in the services' background, called by hand."""

    pair: Pair
    stubs: Stubs
    databases: dict[str, Database]


@pytest.fixture(scope="module")
async def world(postgres: Postgres) -> AsyncIterator[World]:
    pair = postgres.pair()
    logins = {"orders": pair.orders_login, "payments": pair.payments_login}
    databases = {name: Database(url, pool_size=2, application="test") for name, url in logins.items()}
    async with services(pair) as s, Stubs(s.order.address, s.payments[0].address) as stubs:
        await seed(stubs, deposit=1_000_000)
        yield World(pair, stubs, databases)
    for database in databases.values():
        await database.close()


@pytest.mark.parametrize("right", [None, *RIGHTS], ids=lambda right: " ".join(right) if right else "all")
async def test_something_needs_it(world: World, right: Right | None) -> None:
    prefix = f"n{RIGHTS.index(right) if right else 'one'}"
    with without(world.pair, right):
        told = await asyncio.gather(*story(world, prefix), return_exceptions=True)
    failures = [error for error in told if isinstance(error, BaseException)]
    for error in failures:
        # It is the right that is missed, and nothing else went wrong.
        refused = isinstance(getattr(error, "orig", None), psycopg.errors.InsufficientPrivilege)
        assert refused or isinstance(error, grpc.aio.AioRpcError | AssertionError), error
    assert bool(failures) == (right is not None), failures


@contextlib.contextmanager
def without(pair: Pair, right: Right | None) -> Iterator[None]:
    """The login has all rights but this one."""
    if right is None:
        yield
        return
    url = pair.orders_url if right.name == "orders" else pair.payments_url
    with psycopg.connect(raw(url), autocommit=True) as connection:
        on = f"{right.privilege} ON {right.table}"
        connection.execute(f"REVOKE {on} FROM {APP_ROLES[right.name]}".encode())
        try:
            yield
        finally:
            connection.execute(f"GRANT {on} TO {APP_ROLES[right.name]}".encode())


def story(world: World, prefix: str) -> list[Awaitable[None]]:
    """All that the services do, in parts that don't wait for each other."""
    stubs = world.stubs
    return [
        new_customer(stubs, prefix),
        paid_and_reversed(stubs, prefix),
        refunded(stubs, prefix),
        held(stubs, prefix),
        with_ticket(stubs),
        declined(stubs, prefix),
        given_up(stubs, prefix),
        background(world),
    ]


async def new_customer(stubs: Stubs, prefix: str) -> None:
    request = account_pb2.CreateAccountRequest(account_id=prefix, owner_id=prefix, currency_code="EUR")
    await stubs.payments.CreateAccount(request, timeout=5)
    await put_once(stubs, prefix, 5, request_id=f"{prefix}-deposit")
    await stubs.payments.ListEntries(account_pb2.ListEntriesRequest(account_id=prefix), timeout=5)


async def paid_and_reversed(stubs: Stubs, prefix: str) -> None:
    await create(stubs, f"{prefix}-reversed")
    assert (await pay_once(stubs, f"{prefix}-reversed")).order_confirmed
    await reverse(stubs, order_id=f"{prefix}-reversed")
    await explain(stubs, order_id=f"{prefix}-reversed")
    await create(stubs, f"{prefix}-never-paid")
    await reverse(stubs, order_id=f"{prefix}-never-paid")


async def refunded(stubs: Stubs, prefix: str) -> None:
    await create(stubs, f"{prefix}-refunded")
    paid = (await pay_once(stubs, f"{prefix}-refunded")).payment.payment_id
    await refund(stubs, paid, 4, f"{prefix}-part")
    await refund(stubs, paid, 6, f"{prefix}-all")


async def held(stubs: Stubs, prefix: str) -> None:
    for name in ("captured", "voided"):
        await create(stubs, f"{prefix}-{name}")
    held = (await authorize(stubs, f"{prefix}-captured")).payment.payment_id
    await capture(stubs, held, 4)
    held = (await authorize(stubs, f"{prefix}-voided")).payment.payment_id
    await void(stubs, held)


async def with_ticket(stubs: Stubs) -> None:
    await use(stubs, await ticket(stubs, "alice"), "shop", 1)


async def declined(stubs: Stubs, prefix: str) -> None:
    await create(stubs, f"{prefix}-declined", 9_000_000)
    assert await outcome(pay_once(stubs, f"{prefix}-declined")) == "INSUFFICIENT_FUNDS"
    assert await outcome(use(stubs, await ticket(stubs, "alice"), "shop", 9_000_000)) == "INSUFFICIENT_FUNDS"


async def given_up(stubs: Stubs, prefix: str) -> None:
    await create(stubs, f"{prefix}-cancelled")
    await stubs.orders.CancelOrder(order_service_pb2.CancelOrderRequest(order_id=f"{prefix}-cancelled"), timeout=5)


async def background(world: World) -> None:
    """What completer and sealer do; PostgreSQL asks for the rights, whether there are rows or not."""
    database = world.databases["payments"]
    await database.transact(lambda connection: payments.confirm(connection, []))
    await database.transact(lambda connection: payments.take_due(connection, 1))
    await database.transact(lambda connection: corrections.take_due(connection, 1))
    await database.transact(seal)
    await world.databases["orders"].transact(lambda connection: orders_storage.mark_refunded(connection, []))


async def seal(connection: Connection) -> None:
    for chain in Chain:
        if head := await seals.lock_head(connection, chain):
            await seals.append(connection, head, until=0, limit=1)
            await seals.move_head(connection, head)


async def create(stubs: Stubs, order_id: str, amount: int = 10) -> None:
    request = order_service_pb2.CreateOrderRequest(
        order_id=order_id, customer_id="alice", payer_account_id="alice", payee_account_id="shop", amount=money(amount)
    )
    await stubs.orders.CreateOrder(request, timeout=5)
