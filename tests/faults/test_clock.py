"""F22: PostgreSQL's clock was an hour ahead for a moment; what was noted meanwhile is due all the same."""

import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from faults.__main__ import world
from faults.clock import Clock
from faults.link import BOTH
from faults.plan import plan
from faults.report import Report
from faults.run import doors_of, quiet
from faults.shop import open_shop
from faults.stage import Stage
from faults.watch import Watch
from payonce.payment.v1 import authorization_pb2
from tests.harness import needs
from tests.harness.money import order

LIMIT_S = 60.0
HOUR_S = 3_600
AHEAD = "SELECT clock_timestamp() > to_timestamp(%s) + interval '30 minutes'"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    if why := Clock.feasible():
        needs.missing(why)
    wanted = ["clock_jump"]
    async with world(wanted, Report(tmp_path)) as made:
        opened = Stage(plan(5, 2.0, wanted), made.postgres, made.nursery, None, made.clock)
        try:
            await opened.start()
            yield opened
        finally:
            await opened.close()


async def test_what_was_noted_by_a_clock_that_was_ahead_is_due_when_it_is_right_again(stage: Stage) -> None:
    watch = Watch(stage.postgres.plain(stage.names["payments"]), time.monotonic())
    async with contextlib.AsyncExitStack() as stack:
        stubs = await stack.enter_async_context(doors_of(stage)[0])
        await open_shop(stubs, stage.shape)
        await order(stubs, "order-1", 1, customer="customer-0", merchant="merchant-0")
        asked = authorization_pb2.AuthorizePaymentRequest(order_id="order-1")
        held = (await stubs.payments.AuthorizePayment(asked, timeout=LIMIT_S)).payment.payment_id
        stage.links["payment-0-order"].hold(BOTH)

        stage.clock.jump(HOUR_S)
        assert stage.postgres.execute("postgres", AHEAD, [time.time()]) == [(True,)]
        capture = authorization_pb2.CapturePaymentRequest(payment_id=held)
        captured = await stubs.payments.CapturePayment(capture, timeout=LIMIT_S)
        assert not captured.order_confirmed
        stage.clock.jump(0)
        assert stage.postgres.execute("postgres", AHEAD, [time.time()]) == [(False,)]

        stage.links["payment-0-order"].release()
        assert await quiet(watch, "after the clock was right again") == []
