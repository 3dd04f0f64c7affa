"""Callers of two payment processes over one database, and callers who send it again until they are answered."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc

from tests.harness.answers import reason, replayed
from tests.harness.postgres import Pair
from tests.harness.stubs import Stubs

AGAIN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)


@dataclass(frozen=True)
class Two:
    """One stub for each process."""

    pair: Pair
    one: Stubs
    other: Stubs

    def stubs(self, i: int) -> Stubs:
        """Turn and turn about."""
        return (self.one, self.other)[i % 2]

    async def at_once(self, method: str, request: Any, times: int) -> tuple[list[Any], int]:
        """The same request at both processes at once: every answer, and how many of them were replays."""

        async def caller(i: int) -> tuple[Any, bool]:
            stubs = self.stubs(i)
            stub: Any = stubs.orders if hasattr(stubs.orders, method) else stubs.payments
            call = await answered(lambda: getattr(stub, method)(request))
            return await call, await replayed(call)

        found = await asyncio.gather(*(caller(i) for i in range(times)))
        return [answer for answer, _ in found], sum(was_replayed for _, was_replayed in found)


async def answered(send: Callable[[], Any]) -> Any:
    """The call that was answered, with OK or a refusal; sent again as long as the server says so."""
    while True:
        call = send()
        try:
            await call
        except grpc.aio.AioRpcError as error:
            if error.code() in AGAIN:
                continue
        return call


async def got(send: Callable[[], Any]) -> Any:
    """The answer, sent for as long as the server says so."""
    return await (await answered(send))


async def end_of(send: Callable[[], Any]) -> str:
    """`OK`, or the reason of a refusal that is not about waiting."""
    try:
        await got(send)
    except grpc.aio.AioRpcError as error:
        return reason(error)
    return "OK"
