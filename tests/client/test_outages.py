"""A caller asks once, whatever dies meanwhile: one payment, one deposit, one refund."""

import asyncio
import contextlib
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import psycopg
import pytest

from faults.database import Postgres
from payonce.client import AsyncClient
from payonce.payment.v1 import account_pb2
from payonce.proxy import LossyProxy
from tests.harness.books import transfers
from tests.harness.locks import held, somebody_waits
from tests.harness.money import money
from tests.harness.postgres import Pair
from tests.harness.services import Services, services

ORDERS = 20


class World:
    """Both services on a PostgreSQL that may crash, and a client."""

    def __init__(self, database: Postgres, both: Services, client: AsyncClient) -> None:
        self.database = database
        self.both = both
        self.client = client

    async def payment_service_dies(self) -> None:
        await self.both.payments[0].kill()
        await self.both.restart_payment()

    async def order_service_dies(self) -> None:
        await self.both.order.kill()
        await self.both.restart_order()

    async def postgres_dies(self) -> None:
        await self.database.crash(signal.SIGKILL)
        await self.database.start()


Death: TypeAlias = Callable[[World], Awaitable[None]]


@pytest.fixture(scope="module")
async def world() -> AsyncIterator[World]:
    with tempfile.TemporaryDirectory(prefix="payonce-test-client-") as folder:
        Path(folder).chmod(0o755)
        database = Postgres(Path(folder))
        await database.start()
        pair = Owned(database.create("orders", "orders"), database.create("payments", "payments"))
        async with services(pair) as both, AsyncClient(both.order.address, both.payments[0].address) as client:
            await client.create_account("alice", currency_code="EUR", kind=account_pb2.ACCOUNT_KIND_CUSTOMER)
            await client.create_account("shop", currency_code="EUR", kind=account_pb2.ACCOUNT_KIND_MERCHANT)
            await client.deposit("alice", money(100_000))
            yield World(database, both, client)
        database.close()


class Owned(Pair):
    """Services as the owner: the roles of other tests are another server's."""

    @property
    def orders_login(self) -> str:
        return self.orders_url

    @property
    def payments_login(self) -> str:
        return self.payments_url


async def order(client: AsyncClient, order_id: str) -> None:
    await client.create_order(
        order_id=order_id, customer_id="alice", payer_account_id="alice", payee_account_id="shop", amount=money(100)
    )


@pytest.mark.parametrize(
    "death", [World.payment_service_dies, World.order_service_dies, World.postgres_dies], ids=lambda d: d.__name__
)
async def test_pay_order_survives(world: World, death: Death) -> None:
    """It dies while the payment waits for the order's row: the money has moved, and nobody has been told."""
    order_id = death.__name__
    await order(world.client, order_id)
    before = transfers(world.both.pair, "charge")
    # The lock's own connection dies with PostgreSQL.
    with (
        contextlib.suppress(psycopg.OperationalError),
        held(world.both.pair.orders_url, "SELECT FROM orders FOR UPDATE"),
    ):
        paying = asyncio.create_task(world.client.pay_order(order_id))
        await somebody_waits(world.both.pair.orders_url)
        assert transfers(world.both.pair, "charge") == before + 1
        await death(world)
    paid = await paying
    assert paid.payment.order_id == order_id
    assert transfers(world.both.pair, "charge") == before + 1
    assert (await world.client.pay_order(order_id)).payment == paid.payment


async def test_lost_replies_move_money_once(world: World) -> None:
    """Whatever has a request id of the client's own making."""
    proxy = LossyProxy(world.both.payments[0].address, probability=0.5, seed=7)
    await proxy.start()
    await order(world.client, "lost-replies")
    payment = (await world.client.pay_order("lost-replies")).payment
    before = (await world.client.get_account("alice")).balance.minor_units
    async with AsyncClient(world.both.order.address, proxy.address, attempts=1) as client:
        for _ in range(ORDERS):
            await client.deposit("alice", money(10))
            await client.withdraw("alice", money(3))
            await client.refund_payment(payment.payment_id, money(1))
    await proxy.close()
    assert proxy.replies_lost > ORDERS // 2
    after = (await world.client.get_account("alice")).balance.minor_units
    assert after - before == ORDERS * (10 - 3 + 1)
