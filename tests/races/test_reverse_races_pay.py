"""ReversePayment against PayOrder: the money is where the order says, whoever comes first."""

import asyncio
from collections import Counter

from payonce.order.v1 import order_pb2
from payonce.payment.v1 import payment_pb2
from tests.harness.audit import at_rest, audit
from tests.harness.corrections import lookup, pay_order, reverse
from tests.harness.delay import HeldRequests
from tests.harness.ledger import net
from tests.harness.money import balance, order, pay, seed, status
from tests.harness.postgres import Pair
from tests.harness.services import Running, services
from tests.harness.stubs import Stubs
from tests.harness.two import Two, end_of

RACES = 500
AT_ONCE = 25
AMOUNT = 7
NOTHING = {"reverse-ann": 0, "shop": 0}


async def test_500_races_end_reversed_or_never_paid(two: Two) -> None:
    await seed(two.one, "reverse-ann", deposit=RACES * AMOUNT)
    ends: Counter[tuple[str, str]] = Counter()
    for start in range(0, RACES, AT_ONCE):
        ends.update(await asyncio.gather(*(race(two, i) for i in range(start, start + AT_ONCE))))
    await at_rest(two.pair)
    audit(two.pair)
    assert set(ends) <= {("OK", "reversed"), ("refused", "reversed"), ("refused", "voided")}, ends
    assert ends["OK", "reversed"] > 0, ends
    assert ends["refused", "voided"] > 0, ends
    assert await balance(two.one, "reverse-ann") == RACES * AMOUNT


async def race(two: Two, i: int) -> tuple[str, str]:
    """One order; what the payer was told, and how the payment ended."""
    order_id = f"reverse-{i}"
    await order(two.one, order_id, AMOUNT, customer="reverse-ann")
    paying = end_of(lambda: pay_order(two.stubs(i), order_id))
    undoing = late(two, order_id, i)
    if i % 2:
        undone, paid = await asyncio.gather(undoing, paying)
    else:
        paid, undone = await asyncio.gather(paying, undoing)
    assert undone == "OK", (order_id, paid, undone)
    assert paid in ("OK", "PAYMENT_VOIDED", "PAYMENT_REVERSED", "ORDER_CANCELLED", "ORDER_REFUNDED"), paid
    found = (await lookup(two.one, order_id=order_id)).payment
    final = await status(two.one, order_id)
    told = "OK" if paid == "OK" else "refused"
    if found.state == payment_pb2.PAYMENT_STATE_VOIDED:
        assert (net(two.pair, found.payment_id), final) == ({}, order_pb2.ORDER_STATUS_CANCELLED)
        return told, "voided"
    assert found.state == payment_pb2.PAYMENT_STATE_REVERSED
    assert net(two.pair, found.payment_id) == NOTHING
    # CANCELLED when it was taken back before the flip; then nobody was told that it was paid and confirmed.
    assert final in (order_pb2.ORDER_STATUS_CANCELLED, order_pb2.ORDER_STATUS_REFUNDED)
    return told, "reversed"


async def late(two: Two, order_id: str, i: int) -> str:
    """Reverse after some reads of the order: a delay that is made of round trips."""
    for _ in range(i % 5):
        await status(two.one, order_id)
    return await end_of(lambda: reverse(two.stubs(i // 2), order_id=order_id))


async def test_a_payment_made_while_the_order_is_read_is_reversed(pair: Pair) -> None:
    """The one who reverses has found no payment, and reads the order when it is paid already: paid by us."""
    async with services(pair) as s, HeldRequests(s.order.address) as held:
        settings = {
            "PAYMENT_DATABASE_URL": pair.payments_login,
            "PAYMENT_LISTEN": "127.0.0.1:0",
            "PAYMENT_ORDER_SERVICE": held.address,
        }
        slow = await Running.start("payment_service", settings)
        try:
            async with (
                Stubs(s.order.address, s.payments[0].address) as stubs,
                Stubs(s.order.address, slow.address) as behind,
            ):
                await seed(stubs)
                await order(stubs, "order")
                undoing = asyncio.ensure_future(reverse(behind, order_id="order"))
                await held.something_kept()
                paid = (await pay(stubs, "order")).payment.payment_id
                held.let_go()
                done = (await undoing).payment
                assert (done.payment_id, done.state) == (paid, payment_pb2.PAYMENT_STATE_REVERSED)
                assert await status(stubs, "order") == order_pb2.ORDER_STATUS_REFUNDED
                assert await balance(stubs, "alice") == 10_000
        finally:
            await slow.forget()
    audit(pair)
