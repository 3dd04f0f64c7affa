"""Thousands of calls at once: each gets a documented answer, none is dropped before our code has seen it."""

import asyncio
from collections import Counter

import grpc

from payonce.payment.v1 import payment_service_pb2
from tests.harness.answers import reason
from tests.harness.stubs import Stubs

CALLS = 4_000  # grpc drops calls above 1,000 that wait to be taken in, and every one above 3,000, unless told otherwise
TIMEOUT_S = 120.0


async def test_every_call_of_a_herd_is_answered(stubs: Stubs) -> None:
    async def ended(n: int) -> str:
        try:
            await stubs.payments.PayOrder(payment_service_pb2.PayOrderRequest(order_id=f"herd-{n}"), timeout=TIMEOUT_S)
        except grpc.aio.AioRpcError as error:
            return reason(error) if error.code() == grpc.StatusCode.NOT_FOUND else error.code().name
        return "OK"

    assert Counter(await asyncio.gather(*map(ended, range(CALLS)))) == {"ORDER_NOT_FOUND": CALLS}
