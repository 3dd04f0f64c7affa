"""Callers who must know: they send again whatever the server says may be sent again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import grpc

T = TypeVar("T")
AGAIN = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED}
PATIENCE_S = 60.0


async def retried(send: Callable[[], Awaitable[T]]) -> T:
    """The first answer that is not "send it again"; an error that is an answer is raised."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                return await send()
            except grpc.aio.AioRpcError as error:
                if error.code() not in AGAIN:
                    raise
            await asyncio.sleep(0.05)
