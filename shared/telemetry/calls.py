"""Around every call that a server gets: how long it took, how it ended; its ids for whoever logs."""

from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any, TypeAlias

import grpc

from shared.errors import Reason
from shared.telemetry.call import Call, begins, call
from shared.telemetry.metrics import REFUSALS, REPLAYS, request_seconds
from shared.telemetry.spans import end
from shared.telemetry.switch import SWITCH

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]
Handler: TypeAlias = Callable[[Any, Context], Awaitable[Any]]

LEFT = "CANCELLED"  # thrown into the handler when the caller leaves, or has no time any more


def count_replay(replayed: bool) -> None:
    """An answer of the call that runs now was given before."""
    if replayed and (now := call()):
        now.replayed = True
        REPLAYS.labels(now.method).inc()


def count_refusal(method: str, reason: Reason) -> None:
    """A call, or one item of it, is refused."""
    REFUSALS.labels(method.rpartition("/")[2], reason).inc()
    if now := call():
        now.reason = reason


def observed(handle: Handler, path: str) -> Handler:
    """The handler of `/package.Service/Method`, watched as far as is wanted."""
    name = path.rpartition("/")[2]
    if not SWITCH.on:

        async def noted(request: Any, context: Context) -> Any:
            begins(Call(name, request))
            return await handle(request, context)

        return noted
    # There from the start: of what appears with its first count, Prometheus never sees that one.
    for reason in (Reason.INTERNAL, Reason.OVERLOADED):
        REFUSALS.labels(name, reason)
    REPLAYS.labels(name)

    async def measured(request: Any, context: Context) -> Any:
        now = Call(name, request)
        begins(now)
        began = perf_counter()
        answer, code = None, LEFT
        try:
            answer = await handle(request, context)
            code = "OK"
        except grpc.aio.AbortError:
            code = _code(context)
            raise
        finally:
            request_seconds(name, code).observe(perf_counter() - began)
            if now.span:
                end(now.span, now, answer, code)
        return answer

    return measured


def _code(context: Context) -> str:
    code: Any = context.code()  # a StatusCode, whatever its stub says
    return str(code.name)
