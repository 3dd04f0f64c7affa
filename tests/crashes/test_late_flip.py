"""A flip that arrives late finds an order that was taken back meanwhile, and is refused."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import partial

import grpc
import psycopg
import pytest

from payonce.order.v1 import order_pb2, order_service_pb2
from tests.crashes.stage import Stage, stage, until
from tests.crashes.ways import (
    PAID,
    Case,
    Facts,
    authorized,
    capture,
    insist,
    ordered,
    paid,
    read_facts,
    refund,
    reverse,
)
from tests.harness.answers import reason
from tests.harness.audit import quiet
from tests.harness.money import TIMEOUT_S, pay, status
from tests.harness.postgres import Postgres, raw, rows
from tests.harness.stubs import Stubs

REVERSED = ("reversed", 1_000, 0)


@pytest.fixture(scope="module")
async def there(postgres: Postgres) -> AsyncIterator[Stage]:
    async with stage(postgres) as built:
        yield built


async def test_a_flip_that_was_held_up_on_its_way(there: Stage) -> None:
    """The payer's process dies with the flip on the line; another one reverses; then the flip arrives."""
    case = await authorized(there)
    there.line.hold()
    # Captured and not flipped: this is where a crash leaves a payment whose flip is under way.
    capturing = asyncio.ensure_future(capture(there.stubs, case))
    await there.line.holding()
    await there.services.payments[0].kill()
    with pytest.raises(grpc.aio.AioRpcError):
        await capturing
    postpone(there, case)
    async with there.another() as other:
        await other.listening()
        async with Stubs(there.services.order.address, other.address) as stubs:
            await reverse(stubs, case)
        there.line.release()
        refused = order_service_pb2.OrderVerdict(
            order_id=case.order_id,
            verdict=order_service_pb2.VERDICT_REFUSED,
            status=order_pb2.ORDER_STATUS_CANCELLED,
        )
        await until(lambda: refused.SerializeToString() in there.line.received, "the late flip is not refused")
        assert await status(there.stubs, case.order_id) == order_pb2.ORDER_STATUS_CANCELLED
        assert await read_facts(there.pair, case) == Facts(
            (10_000, 0), 0, ("reversed", 600, 0), "cancelled", ("charge", "reversal"), (("reversal", True),)
        )
    await there.services.restart_payment()
    await quiet(there.pair)


async def test_a_flip_that_was_sent_twice(there: Stage) -> None:
    """The network's copy of a flip arrives when all is over."""
    for prepare, take_back, left in ((paid, reverse, "refunded"), (paid, refund(1_000), "refunded")):
        case = await prepare(there)
        await take_back(there.stubs, case)
        before = await read_facts(there.pair, case)
        assert before.order == left
        request = order_service_pb2.MarkOrdersPaidRequest(payments=[of(case)])
        response = await there.stubs.orders.MarkOrdersPaid(request, timeout=TIMEOUT_S)
        assert [v.verdict for v in response.verdicts] == [order_service_pb2.VERDICT_REFUSED]
        assert await read_facts(there.pair, case) == before
    await quiet(there.pair)


async def test_order_service_stands_still_with_the_flip_in_hand(there: Stage) -> None:
    """Stopped in the middle of the flip: the payment stands, a reversal is noted, and both end when it goes on."""
    case = await ordered(there)
    with flips_wait(there):
        paying = asyncio.create_task(pay(there.stubs, case.order_id))
        await until(lambda: flips_waiting(there) > 0, "no flip waits")
        there.services.order.process.send_signal(signal.SIGSTOP)
    try:
        answer = await paying
        assert not answer.order_confirmed
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await reverse(there.stubs, case)
        assert reason(caught.value) == "ORDER_SERVICE_UNAVAILABLE"
        facts = await read_facts(there.pair, case)
        assert facts == PAID._replace(order=facts.order, corrections=(("reversal", False),))
    finally:
        there.services.order.process.send_signal(signal.SIGCONT)
    await assert_taken_back(there, case)


async def test_flips_and_reversals_wait_for_the_same_orders(there: Stage) -> None:
    """Flips that ran into their deadline are still at work in order_service when the reversals come."""
    cases = [await ordered(there) for _ in range(10)]
    with flips_wait(there):
        answers = await asyncio.gather(*(pay(there.stubs, case.order_id) for case in cases))
        assert not any(answer.order_confirmed for answer in answers)
        reversals = [asyncio.ensure_future(reverse(there.stubs, case)) for case in cases]
        await until(lambda: unfinished(there) >= len(cases), "not every reversal is noted")
    await asyncio.gather(*reversals, return_exceptions=True)  # whoever came too late is told UNAVAILABLE
    for case in cases:
        await assert_taken_back(there, case)


async def assert_taken_back(there: Stage, case: Case) -> None:
    """The order is final, the money is back, and the answer says so."""
    await quiet(there.pair)
    facts = await read_facts(there.pair, case)
    assert facts.order in ("cancelled", "refunded")
    assert facts == Facts((10_000, 0), 0, REVERSED, facts.order, ("charge", "reversal"), (("reversal", True),))
    answer, again = await insist(partial(reverse, there.stubs, case))
    assert again
    assert answer.payment.state_reason == "REVERSAL_REQUESTED"


def of(case: Case) -> order_service_pb2.OrderPayment:
    return order_service_pb2.OrderPayment(order_id=case.order_id, payment_id=case.payment_id)


def postpone(there: Stage, case: Case) -> None:
    """Keep the completers away from the payment: what is to happen to it is the test's to say."""
    query = "UPDATE unconfirmed SET check_at = 'infinity' WHERE payment_id = %s RETURNING checks"
    assert len(rows(there.pair.payments_url, query, [case.payment_id])) == 1


def unfinished(there: Stage) -> int:
    return int(rows(there.pair.payments_url, "SELECT count(*) FROM corrections WHERE completed_at IS NULL")[0][0])


def flips_waiting(there: Stage) -> int:
    query = """SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%%UPDATE orders%%'"""
    return int(rows(there.pair.orders_url, query)[0][0])


@contextmanager
def flips_wait(there: Stage) -> Iterator[None]:
    """Orders can be read and not changed: every flip runs into its deadline, and may still happen later."""
    with psycopg.connect(raw(there.pair.orders_url)) as connection:
        connection.execute("LOCK TABLE orders IN EXCLUSIVE MODE")
        yield
