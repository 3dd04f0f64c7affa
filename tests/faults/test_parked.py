"""F28: a payment whose order is lost is parked and told by name, keeps no other from its end, and ends in the end."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from faults import parked
from faults.__main__ import world
from faults.link import BOTH
from faults.plan import plan
from faults.report import Report
from faults.run import doors_of, quiet
from faults.shop import open_shop
from faults.stage import Stage
from faults.watch import Watch
from payonce.payment.v1 import authorization_pb2
from tests.harness.money import order, pay_confirmed
from tests.harness.stubs import Stubs

LIMIT_S = 60.0
PAYER = {"customer": "customer-0", "merchant": "merchant-0"}


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with world(["lost_order"], Report(tmp_path)) as made:
        opened = Stage(plan(5, 2.0, ["lost_order"]), made.postgres, made.nursery, None)
        try:
            await opened.start()
            yield opened
        finally:
            await opened.close()


async def lose(stage: Stage, stubs: Stubs) -> None:
    """An order whose payment is captured while order_service can't be reached, and which vanishes meanwhile."""
    await order(stubs, "order-1", 1, **PAYER)
    asked = authorization_pb2.AuthorizePaymentRequest(order_id="order-1")
    held = (await stubs.payments.AuthorizePayment(asked, timeout=LIMIT_S)).payment.payment_id
    stage.links["payment-0-order"].hold(BOTH)
    stage.operator.begin(1)
    capture = authorization_pb2.CapturePaymentRequest(payment_id=held)
    captured = await stubs.payments.CapturePayment(capture, timeout=LIMIT_S)
    assert not captured.order_confirmed
    async with asyncio.timeout(LIMIT_S):
        while await stage.operator.lost() != {"order-1"}:
            await asyncio.sleep(0.01)
    await stage.operator.end()
    stage.links["payment-0-order"].release()


async def test_it_is_parked_and_told_others_end_and_so_does_it(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(stage.postgres.plain(stage.names["payments"]), time.monotonic())
    async with contextlib.AsyncExitStack() as stack:
        stubs = await stack.enter_async_context(doors_of(stage)[0])
        await open_shop(stubs, stage.shape)
        await lose(stage, stubs)
        await order(stubs, "order-2", 1, **PAYER)
        assert (await pay_confirmed(stubs, "order-2")).order_confirmed
        await order(stubs, "order-3", 1, **PAYER)
        asked = authorization_pb2.AuthorizePaymentRequest(order_id="order-3")
        await stubs.payments.AuthorizePayment(asked, timeout=LIMIT_S)

        with monkeypatch.context() as blind, pytest.MonkeyPatch.context() as kept:
            blind.setattr(parked, "verify", _nothing)
            kept.setattr(stage.operator, "put_back", _not_yet)
            (told,) = await parked.judge(stage)
        assert told.text.startswith("F28 1 are parked")
        assert "the audit counts 0" in told.text

        ends_soon(stage, "order-3")
        assert await parked.judge(stage) == []  # it waits for the end of order-3's
        assert stage.counts["parked"] == 2  # looked at twice
        assert await quiet(watch, "in the end") == []
        assert (await pay_confirmed(stubs, "order-1")).order_confirmed


def _nothing(*_: Any, **__: Any) -> Iterator[Any]:
    return iter(())


def ends_soon(stage: Stage, order_id: str) -> None:
    """The order's authorization, within the next moments: past the guard of what may not change."""
    query = """
        SET session_replication_role = replica;
        UPDATE payments SET expires_at = now() + interval '2 s' WHERE subject = 'order:ORDER'
    """
    stage.postgres.execute(stage.names["payments"], query.replace("ORDER", order_id))


async def _not_yet() -> None:
    """It stays lost."""
