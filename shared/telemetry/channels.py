"""A channel whose calls are spans, and carry the trace along (W3C traceparent), where OpenTelemetry is set up.

By the service, or by the program that uses payonce's client; nobody need be.
"""

import asyncio
import functools
from collections.abc import Sequence
from typing import Any, Self, cast

import grpc
from opentelemetry import propagate, trace
from opentelemetry.context import Context, get_current
from opentelemetry.trace import ProxyTracerProvider, Span, SpanKind, Status, StatusCode, Tracer, TracerProvider

from shared.telemetry.call import call as now_running
from shared.telemetry.ids import attributes_of
from shared.telemetry.unrecorded import within


def traced(channel: grpc.aio.Channel) -> grpc.aio.Channel:
    """The channel, with spans around its unary calls."""
    return cast("grpc.aio.Channel", _Channel(channel))  # it has all that generated code needs of one


class _Channel:
    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel

    def unary_unary(self, path: str, *args: Any, **given: Any) -> "_Method":
        return _Method(self._channel.unary_unary(path, *args, **given), path.lstrip("/"))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    async def __aenter__(self) -> Self:  # Python looks for these two in the class
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._channel.close()


class _Method:
    # Ends of spans under way: the event loop keeps no task alive by itself.
    _ends: "set[asyncio.Task[None]]" = set()  # noqa: RUF012 - one for all, on purpose

    def __init__(self, method: Any, name: str) -> None:
        self._method = method
        self._name = name
        service, _, method_name = name.rpartition("/")
        self._about = {"rpc.system": "grpc", "rpc.service": service, "rpc.method": method_name}

    def __call__(self, request: Any, *, metadata: Sequence[tuple[str, Any]] | None = None, **given: Any) -> Any:
        provider = trace.get_tracer_provider()
        if isinstance(provider, ProxyTracerProvider):
            return self._method(request, metadata=metadata, **given)
        here = _here()
        span = None
        if here is None or trace.get_current_span(here).get_span_context().trace_flags.sampled:
            span = _tracer(provider).start_span(self._name, here, SpanKind.CLIENT, self._about)
        carrier: dict[str, str] = {}
        propagate.inject(carrier, trace.set_span_in_context(span, here) if span else here)
        call = self._method(request, metadata=(*(metadata or ()), *carrier.items()), **given)
        if span and span.is_recording():
            span.set_attributes(attributes_of(request))
            end = asyncio.ensure_future(_end(span, call))
            self._ends.add(end)
            end.add_done_callback(self._ends.discard)
        return call


# The SDK looks its tracers up under a lock, and sets a filter of warnings anew each time.
@functools.lru_cache(maxsize=1)
def _tracer(provider: TracerProvider) -> Tracer:
    return provider.get_tracer("payonce")


def _here() -> Context | None:
    """Where this is called, if that is in a trace; or the call of ours, not recorded: who is called is told so."""
    if trace.get_current_span().get_span_context().is_valid:
        return get_current()
    now = now_running()
    unrecorded = now.unrecorded() if now else None
    return within(unrecorded) if unrecorded else None


async def _end(span: Span, call: Any) -> None:
    code = await call.code()  # waits for the end of the call, and takes nothing from whoever awaits it
    span.set_attribute("rpc.grpc.status_code", code.value[0])
    if code is not grpc.StatusCode.OK:
        span.set_status(Status(StatusCode.ERROR, code.name))
    span.end()
