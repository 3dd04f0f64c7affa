"""Sending a process into its failpoint, and knowing what it left behind."""

import asyncio
import time

import grpc

from payonce.payment.v1 import payment_service_pb2
from tests.harness.money import pay_once
from tests.harness.postgres import Pair, rows
from tests.harness.retries import AGAIN
from tests.harness.services import Running
from tests.harness.stubs import Stubs


async def pay_until_dead(stubs: Stubs, victim: Running) -> payment_service_pb2.PayOrderResponse | None:
    """Send PayOrder until the victim has met its fault: a try may end before it. The first answer, if there was one."""
    answer = None
    dead = asyncio.ensure_future(victim.wait(timeout_s=60))
    while not dead.done():
        try:
            received = await pay_once(stubs, "order")
        except grpc.aio.AioRpcError as error:
            assert error.code() in AGAIN, error  # noqa: PT017 - it may also be answered
        else:
            answer = answer or received
        await asyncio.wait({dead}, timeout=0.2)
    assert await dead == -9
    return answer


async def sessions_ended(pair: Pair, victim: Running) -> None:
    """Wait until PostgreSQL has noticed the crash: only then is it known what was committed."""
    url = pair.orders_url if victim.module == "order_service" else pair.payments_url
    query = """SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = %s"""
    deadline = time.monotonic() + 20
    while rows(url, query, [victim.module])[0][0]:
        assert time.monotonic() < deadline, "the sessions of a killed process are still there"
        await asyncio.sleep(0.02)
