"""One of the two databases is restored to an earlier time than the other: every divergence is found and named, what can
be repaired is, and nobody is charged twice.
"""

import asyncio

import grpc
import pytest

from payonce.order.v1 import order_pb2, order_service_pb2
from payonce.payment.v1 import payment_pb2
from tests.harness.answers import reason
from tests.harness.audit import at_rest, audit, charges, quiet
from tests.harness.books import transfers
from tests.harness.corrections import lookup, refund, reverse
from tests.harness.locks import held
from tests.harness.money import balance, order, pay, pay_confirmed, pay_marked, pay_once, seed, status
from tests.harness.services import Services, services
from tests.harness.stubs import Stubs
from tests.restore.conftest import Servers
from tests.restore.operator import named, reconcile

PAID, UNPAID = order_pb2.ORDER_STATUS_PAID, order_pb2.ORDER_STATUS_UNPAID
CANCELLED, REFUNDED = order_pb2.ORDER_STATUS_CANCELLED, order_pb2.ORDER_STATUS_REFUNDED
EARLY = ["kept", "paid", "refunded", "part_refunded", "reversed", "forbidden", "cancelled"]


def names(lines: list[str], *wanted: str) -> None:
    """Each line tells of one of the wanted, and each of these has a line."""
    assert len(lines) == len(wanted), lines
    assert all(any(one in line for line in lines) for one in wanted), lines


async def orders_forget(servers: Servers) -> tuple[dict[str, payment_pb2.Payment], int]:
    """Payments, refunds and reversals that the orders forget: the payments' answers, and what alice had left."""
    pair = servers.pair
    async with services(pair) as running, Stubs(running.order.address, running.payments[0].address) as stubs:
        await seed(stubs, deposit=100_000)
        for order_id in EARLY:
            await order(stubs, order_id)
        for order_id in ("kept", "refunded", "part_refunded"):
            await pay_confirmed(stubs, order_id)
        await at_rest(pair)
        then = servers.orders.now()
        told = {
            i: (await pay_confirmed(stubs, i)).payment
            for i in ("kept", "paid", "cancelled", "refunded", "part_refunded")
        }
        await order(stubs, "created")
        told["created"] = (await pay_confirmed(stubs, "created")).payment
        await refund(stubs, told["refunded"].payment_id, 1_000, "all")
        await refund(stubs, told["part_refunded"].payment_id, 400, "part")
        told["reversed"] = (await pay_confirmed(stubs, "reversed")).payment
        await at_rest(pair)  # noted as confirmed: so its order was PAID, and ended as REFUNDED
        await reverse(stubs, order_id="reversed")
        await reverse(stubs, order_id="forbidden")
        await quiet(pair)
        had = await balance(stubs, "alice")
    await servers.orders.restore(then)
    return told, had


async def nothing_is_charged_again(stubs: Stubs, told: dict[str, payment_pb2.Payment], had: int) -> None:
    """Before anybody repairs: the books answer."""
    for order_id in ("paid", "cancelled", "created"):
        again, replay = await pay_marked(stubs, order_id)
        assert (again.payment, replay) == (told[order_id], True)
    for order_id, why in (
        ("reversed", "PAYMENT_REVERSED"),
        ("forbidden", "PAYMENT_VOIDED"),
        ("refunded", "ORDER_ALREADY_PAID"),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await pay_once(stubs, order_id)
        assert reason(refused.value) == why
    assert await balance(stubs, "alice") == had


async def reconcile_repairs(running: Services, stubs: Stubs, had: int) -> None:
    """First it only tells; then all but the order that is gone; that too, once it is made again."""
    exit_status, lines = await reconcile(running)
    assert exit_status == 1
    names(lines[:-1], "order paid is unpaid", "order cancelled is cancelled", "order created is not there",
          "order refunded is paid", "order reversed is unpaid", "order forbidden is unpaid")  # fmt: skip
    assert await status(stubs, "paid") == UNPAID  # it was only told
    assert await balance(stubs, "alice") == had

    exit_status, lines = await reconcile(running, "--apply")
    assert (exit_status, lines[-1]) == (1, "reconcile: payments=8 diverging=6 repaired=5 left=1")
    await order(stubs, "created")  # whoever made it makes it again
    exit_status, lines = await reconcile(running, "--apply")
    assert (exit_status, lines[-1]) == (0, "reconcile: payments=8 diverging=1 repaired=1 left=0")


async def test_orders_earlier_than_payments(servers: Servers) -> None:
    pair = servers.pair
    told, had = await orders_forget(servers)
    names(named(pair), "paid: is unpaid", "cancelled: is unpaid", told["created"].payment_id, "refunded: is paid",
          "reversed: is unpaid", "forbidden: is unpaid")  # fmt: skip

    async with services(pair) as running, Stubs(running.order.address, running.payments[0].address) as stubs:
        await nothing_is_charged_again(stubs, told, had)
        await stubs.orders.CancelOrder(order_service_pb2.CancelOrderRequest(order_id="cancelled"))
        await reconcile_repairs(running, stubs, had)
        await quiet(pair)
        stands = {i: await status(stubs, i) for i in (*EARLY, "created")}
        assert stands == {
            "kept": PAID, "paid": PAID, "created": PAID, "part_refunded": PAID, "refunded": REFUNDED,
            "reversed": REFUNDED, "forbidden": CANCELLED, "cancelled": CANCELLED,
        }  # fmt: skip
        assert (await pay(stubs, "paid")).payment == told["paid"]
        assert await balance(stubs, "alice") == had + 1_000  # of the order that was cancelled
        assert {i: charges(pair, i) for i in stands} == {i: int(i != "forbidden") for i in stands}


async def test_payments_earlier_than_orders(servers: Servers) -> None:
    """The dangerous way round: orders are paid by payments that nobody knows any more."""
    pair = servers.pair
    async with services(pair) as running, Stubs(running.order.address, running.payments[0].address) as stubs:
        await seed(stubs, deposit=100_000)
        for order_id in ("kept", "lost", "refunded", "half"):
            await order(stubs, order_id)
        told = {order_id: (await pay_confirmed(stubs, order_id)).payment for order_id in ("kept", "refunded")}
        await at_rest(pair)
        with held(pair.orders_url, "SELECT FROM orders WHERE order_id = 'half' FOR UPDATE"):
            paying = asyncio.create_task(pay_confirmed(stubs, "half"))
            async with asyncio.timeout(20):
                while transfers(pair, "charge") < 3:
                    await asyncio.sleep(0.02)
            then, had = servers.payments.now(), await balance(stubs, "alice")
        told["half"] = (await paying).payment
        told["lost"] = (await pay_confirmed(stubs, "lost")).payment
        await refund(stubs, told["refunded"].payment_id, 1_000, "all")
        await quiet(pair)
    await servers.payments.restore(then)
    lost = f"lost: is paid, but its payment {told['lost'].payment_id} is not there"
    names(named(pair), lost, "refunded: is refunded, its payment")

    async with services(pair) as running, Stubs(running.order.address, running.payments[0].address) as stubs:
        assert (await pay_confirmed(stubs, "half")).payment == told["half"]
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await pay_once(stubs, "lost")
        assert reason(refused.value) == "ORDER_ALREADY_PAID"
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await reverse(stubs, order_id="lost")
        assert reason(refused.value) == "ORDER_ALREADY_PAID"
        assert not (await lookup(stubs, order_id="lost")).HasField("payment")
        assert (
            await balance(stubs, "alice") == had
        )  # as at that moment: what was charged later is forgotten, not charged again

        exit_status, lines = await reconcile(running, "--apply")
        assert (exit_status, lines[-1]) == (0, "reconcile: payments=3 diverging=1 repaired=1 left=0")
        await at_rest(pair)
        names(named(pair), lost)  # the one thing that no machine can make good stays named
        assert await status(stubs, "lost") == PAID
        assert await balance(stubs, "alice") == had + 1_000
        assert {i: charges(pair, i) for i in ("kept", "half", "refunded", "lost")} == {
            "kept": 1,
            "half": 1,
            "refunded": 1,
            "lost": 0,
        }


async def test_both_to_the_same_time_are_in_order(servers: Servers) -> None:
    """What the flip had not reached yet is finished by the completer."""
    pair = servers.pair
    async with services(pair) as running, Stubs(running.order.address, running.payments[0].address) as stubs:
        await seed(stubs)
        await order(stubs, "kept")
        told = (await pay_confirmed(stubs, "kept")).payment
        await at_rest(pair)
        then = servers.payments.now()
        await order(stubs, "lost")
        await pay_confirmed(stubs, "lost")
        await at_rest(pair)
    await servers.payments.restore(then)
    await servers.orders.restore(then)
    audit(pair)
    async with services(pair) as running, Stubs(running.order.address, running.payments[0].address) as stubs:
        assert (await pay(stubs, "kept")).payment == told
        assert await reconcile(running) == (0, ["reconcile: payments=1 diverging=0 repaired=0 left=0"])
        await order(stubs, "lost")
        assert (await pay_confirmed(stubs, "lost")).order_confirmed
        await quiet(pair)
