"""Refunds against refunds and against reversal: never more than was charged, and nothing that was there is refused."""

import asyncio
from collections import Counter

import pytest

from payonce.order.v1 import order_pb2
from payonce.payment.v1 import payment_pb2
from tests.harness.audit import at_rest, audit
from tests.harness.corrections import pay_order, payment, refund, reverse
from tests.harness.ledger import net
from tests.harness.money import order, seed, status
from tests.harness.refusals import refusal
from tests.harness.two import Two, end_of, got

PAYMENTS = 20


async def paid(two: Two, order_id: str, amount: int = 100) -> str:
    await order(two.one, order_id, amount, customer="refund-ann")
    return str((await got(lambda: pay_order(two.one, order_id))).payment.payment_id)


@pytest.fixture(scope="module", autouse=True)
async def people(two: Two) -> None:
    await seed(two.one, "refund-ann", deposit=10**6)


async def asks(two: Two, i: int, payment_id: str, amount: int, request_id: str) -> str:
    """`OK`, or why it was refused."""
    return await end_of(lambda: refund(two.stubs(i), payment_id, amount, request_id))


async def undoes(two: Two, i: int, payment_id: str) -> str:
    return await end_of(lambda: reverse(two.stubs(i), payment_id=payment_id))


async def test_60_and_60_of_100_exactly_one_succeeds(two: Two) -> None:
    ids = await asyncio.gather(*(paid(two, f"sixty-{n}") for n in range(PAYMENTS)))
    for n, payment_id in enumerate(ids):
        ends = await asyncio.gather(*(asks(two, i, payment_id, 60, f"sixty-{n}-{i}") for i in range(2)))
        assert sorted(ends) == ["OK", "REFUND_EXCEEDS_PAYMENT"]
        told = await refusal(refund(two.one, payment_id, 41, f"sixty-{n}-more"), "REFUND_EXCEEDS_PAYMENT")
        assert told["refundable_minor_units"] == "40"
        assert net(two.pair, payment_id) == {"refund-ann": -40, "shop": 40}
        assert await status(two.one, f"sixty-{n}") == order_pb2.ORDER_STATUS_PAID
    await at_rest(two.pair)
    audit(two.pair)


async def test_100_times_1_of_50_exactly_50_succeed(two: Two) -> None:
    payment_id = await paid(two, "fifty-of-a-hundred", 50)
    ends = Counter(await asyncio.gather(*(asks(two, i, payment_id, 1, f"one-{i}") for i in range(100))))
    assert ends == {"OK": 50, "REFUND_EXCEEDS_PAYMENT": 50}
    assert net(two.pair, payment_id) == {"refund-ann": 0, "shop": 0}
    now = await payment(two.one, payment_id)
    assert (now.state, now.refunded_amount.minor_units) == (payment_pb2.PAYMENT_STATE_REFUNDED, 50)
    assert await status(two.one, "fifty-of-a-hundred") == order_pb2.ORDER_STATUS_REFUNDED
    await at_rest(two.pair)
    audit(two.pair)


async def test_all_of_it_against_parts_of_it(two: Two) -> None:
    ids = await asyncio.gather(*(paid(two, f"all-{n}") for n in range(PAYMENTS)))
    for n, payment_id in enumerate(ids):
        amounts = [30, 30, 30, 30]
        amounts.insert(n % 5, 100)
        ends = await asyncio.gather(
            *(asks(two, i, payment_id, amount, f"all-{n}-{i}") for i, amount in enumerate(amounts))
        )
        assert set(ends) == {"OK", "REFUND_EXCEEDS_PAYMENT"}
        given = sum(amount for amount, end in zip(amounts, ends, strict=True) if end == "OK")
        assert given in (100, 90)  # all of it; or three parts, and neither the fourth nor all of it
        assert net(two.pair, payment_id)["refund-ann"] == given - 100
        expected = order_pb2.ORDER_STATUS_REFUNDED if given == 100 else order_pb2.ORDER_STATUS_PAID
        assert await status(two.one, f"all-{n}") == expected
    await at_rest(two.pair)
    audit(two.pair)


@pytest.mark.parametrize("amount", [60, 100])
async def test_a_refund_against_a_reversal_ends_at_zero(two: Two, amount: int) -> None:
    ids = await asyncio.gather(*(paid(two, f"both-{amount}-{n}") for n in range(PAYMENTS)))
    for n, payment_id in enumerate(ids):
        undo = undoes(two, n + 1, payment_id)
        races = [asks(two, n, payment_id, amount, f"both-{amount}-{n}"), undo]
        if n % 4 >= 2:
            races.reverse()
        ends = await asyncio.gather(*races)
        refunded, undone = reversed(ends) if n % 4 >= 2 else ends
        assert net(two.pair, payment_id) == {"refund-ann": 0, "shop": 0}
        now = (await payment(two.one, payment_id)).state
        if undone == "OK":
            assert now == payment_pb2.PAYMENT_STATE_REVERSED
            if refunded == "OK":
                assert amount < 100  # a part first, then what was left
            else:
                assert refunded in ("PAYMENT_REVERSED", "REFUND_EXCEEDS_PAYMENT")
        else:
            assert (amount, refunded, undone) == (100, "OK", "PAYMENT_REFUNDED")
            assert now == payment_pb2.PAYMENT_STATE_REFUNDED
        assert await status(two.one, f"both-{amount}-{n}") == order_pb2.ORDER_STATUS_REFUNDED
    await at_rest(two.pair)
    audit(two.pair)
