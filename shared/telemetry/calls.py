"""Around every call that a server gets: how long it took, how it ended; its span; its ids for whoever logs."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from random import random
from time import perf_counter
from typing import Any, TypeAlias

import grpc
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.errors import Reason
from shared.telemetry.ids import attributes_of
from shared.telemetry.metrics import REFUSALS, REPLAYS, request_seconds
from shared.telemetry.switch import SWITCH
from shared.telemetry.unrecorded import not_recorded

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]
Handler: TypeAlias = Callable[[Any, Context], Awaitable[Any]]

LEFT = "CANCELLED"  # thrown into the handler when the caller leaves, or has no time any more
# Not the baggage of whoever calls: it would travel on to order_service.
W3C = TraceContextTextMapPropagator()


class Call:
    """One call under way; `reason` once it was refused."""

    __slots__ = ("method", "reason", "replayed", "request")

    def __init__(self, method: str, request: Any) -> None:
        self.method = method
        self.request = request
        self.reason: Reason | None = None
        self.replayed = False


_CALL: ContextVar[Call | None] = ContextVar("call", default=None)


def call() -> Call | None:
    """The call that runs now; None in what runs for many, or for nobody."""
    return _CALL.get()


def of_nobody() -> None:
    """At the beginning of a task that was started within somebody's call, and is not theirs."""
    _CALL.set(None)


def count_replay(replayed: bool) -> None:
    """An answer of the call that runs now was given before."""
    if replayed and (now := _CALL.get()):
        now.replayed = True
        REPLAYS.labels(now.method).inc()


def count_refusal(method: str, reason: Reason) -> None:
    """A call, or one item of it, is refused."""
    REFUSALS.labels(method.rpartition("/")[2], reason).inc()
    if now := _CALL.get():
        now.reason = reason


def observed(handle: Handler, path: str) -> Handler:
    """The handler of `/package.Service/Method`, watched as far as is wanted. A call is a task, and has its context."""
    name = path.rpartition("/")[2]
    if not SWITCH.on:

        async def noted(request: Any, context: Context) -> Any:
            _CALL.set(Call(name, request))
            return await handle(request, context)

        return noted
    # There from the start: of what appears with its first count, Prometheus never sees that one.
    for reason in (Reason.INTERNAL, Reason.OVERLOADED):
        REFUSALS.labels(name, reason)
    REPLAYS.labels(name)
    # Nobody wants a trace of being asked for its health.
    inner = _traced(handle, path.lstrip("/")) if SWITCH.tracer and not path.startswith("/grpc.") else handle

    async def measured(request: Any, context: Context) -> Any:
        _CALL.set(Call(name, request))
        began = perf_counter()
        code = LEFT
        try:
            answer = await inner(request, context)
            code = "OK"
        except grpc.aio.AbortError:
            code = _code(context)
            raise
        finally:
            request_seconds(name, code).observe(perf_counter() - began)
        return answer

    return measured


def _traced(handle: Handler, name: str) -> Handler:
    tracer = SWITCH.tracer
    assert tracer is not None  # noqa: S101 - asked by the only caller
    service, _, method = name.rpartition("/")
    about = {"rpc.system": "grpc", "rpc.service": service, "rpc.method": method}

    async def traced(request: Any, context: Context) -> Any:
        carrier = dict(context.invocation_metadata() or ())
        # Decided here, since the SDK takes ten times as long to come to the same.
        if "traceparent" not in carrier and random() >= SWITCH.ratio:  # noqa: S311 - no secret
            not_recorded()
            return await handle(request, context)
        parent = W3C.extract(carrier)
        with tracer.start_as_current_span(
            name, parent, SpanKind.SERVER, about, record_exception=False, set_status_on_exception=False
        ) as span:
            answer, code = None, LEFT
            try:
                answer = await handle(request, context)
                code = "OK"
            except grpc.aio.AbortError:
                code = _code(context)
                raise
            finally:
                if span.is_recording():
                    _tell(span, request, answer, code)
            return answer

    return traced


def _tell(span: Span, request: Any, answer: Any, code: str) -> None:
    now = _CALL.get()
    span.set_attribute("rpc.grpc.status_code", grpc.StatusCode[code].value[0])
    span.set_attributes({**attributes_of(request), **attributes_of(answer)})
    span.set_attribute("payonce.outcome", now.reason if now and now.reason and code != "OK" else code)
    if now and now.replayed:
        span.set_attribute("payonce.replayed", True)
    if code in ("INTERNAL", "UNAVAILABLE", "RESOURCE_EXHAUSTED"):  # a refusal is an answer, and no error of ours
        span.set_status(Status(StatusCode.ERROR, code))


def _code(context: Context) -> str:
    code: Any = context.code()  # a StatusCode, whatever its stub says
    return str(code.name)
