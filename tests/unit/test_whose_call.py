"""Whose call it is that log lines and spans speak of."""

import asyncio

from shared.telemetry.batches import observed
from shared.telemetry.call import Call, begins, call


async def test_a_batch_is_nobodys_call() -> None:
    """Its task is started by one of the callers, and what is logged in it has not that one's ids."""
    within: list[Call | None] = []
    mine = Call("PayOrder", None)
    begins(mine)

    async def batch() -> None:
        within.append(call())

    await asyncio.create_task(observed(batch(), "pay_orders", 0.0, [None, None]))
    assert within == [None]
    assert call() is mine
