"""The images, as a user runs them: two services and a PostgreSQL on one Docker network; one of them killed."""

import asyncio

import grpc

from payonce.order.v1 import order_pb2
from payonce.payment.v1 import account_pb2, payment_pb2
from payonce.testing.containers import PORTS, PayonceContainer
from tests.containers.engine import deployed, docker, id_of, pair_of
from tests.harness.answers import reason
from tests.harness.audit import at_rest, audit
from tests.harness.books import transfers
from tests.harness.locks import held, somebody_waits
from tests.harness.money import order, pay_confirmed, pay_marked, pay_once, seed, status
from tests.harness.retries import AGAIN
from tests.harness.stubs import Stubs

CALLERS = 10


async def test_one_charge_through_a_kill(images: dict[str, str]) -> None:
    with deployed(images) as d:
        for service in images:
            assert docker("inspect", "--format", "{{.Config.User}}", id_of(d, service)) == "payonce"
            assert docker("inspect", "--format", "{{.State.Health.Status}}", id_of(d, service)) == "healthy"
        async with Stubs(*map(d.address, PORTS)) as stubs:
            await seed(stubs)
            await order(stubs, "order-1")
            told = await killed_in_the_middle(d, stubs)
        docker("start", id_of(d, "payment_service"))
        async with Stubs(*map(d.address, PORTS)) as stubs:
            again, replay = await pay_marked(stubs, "order-1")
            assert replay  # the money had moved
            assert (await pay_confirmed(stubs, "order-1")).payment == again.payment
            assert all(payment == again.payment for payment in told)
            assert await status(stubs, "order-1") == order_pb2.ORDER_STATUS_PAID
        await at_rest(pair_of(d))
        audit(pair_of(d))
        assert transfers(pair_of(d), "charge") == 1


async def killed_in_the_middle(d: PayonceContainer, stubs: Stubs) -> list[payment_pb2.Payment]:
    """The kill comes when the money has moved and the order has not been flipped. What callers were told before it."""
    with held(pair_of(d).orders_url, "SELECT FROM orders FOR UPDATE"):
        callers = [asyncio.create_task(pay_until_cut_off(stubs)) for _ in range(CALLERS)]
        await somebody_waits(pair_of(d).orders_url)
        assert transfers(pair_of(d), "charge") == 1
        assert not any(caller.done() for caller in callers)
        await asyncio.to_thread(docker, "kill", id_of(d, "payment_service"))
        # Every one of them ends with an error: that is how they know.
        told = await asyncio.gather(*callers)
    return [payment for payments in told for payment in payments]


async def pay_until_cut_off(stubs: Stubs) -> list[payment_pb2.Payment]:
    """Pay again and again until the service is gone: an error that is the transport's, not an answer."""
    told = []
    while True:
        try:
            told.append((await pay_once(stubs, "order-1")).payment)
        except grpc.aio.AioRpcError as error:
            assert error.code() in AGAIN, error  # noqa: PT017 - it may also be answered
            if not reason(error):
                return told


def test_its_own_clients(images: dict[str, str]) -> None:
    with deployed(images) as payonce, payonce.client() as client:
        assert client.create_account("alice", currency_code="EUR", kind=account_pb2.ACCOUNT_KIND_CUSTOMER).owner_id
