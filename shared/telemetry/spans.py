"""The span of a call that a server gets."""

from collections.abc import Callable
from typing import Any

import grpc
from opentelemetry import trace
from opentelemetry.context import Context, attach
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.telemetry.call import Call, call, metadata
from shared.telemetry.ids import attributes_of
from shared.telemetry.switch import SWITCH

# Not the baggage of whoever calls: it would travel on to order_service.
W3C = TraceContextTextMapPropagator()


def tracing(path: str) -> Callable[[], None]:
    """For `/package.Service/Method`, what begins a call's span, or joins the caller's trace, for the rest of the task.

    To be called once the caller was let in: a stranger's traceparent is not to be believed.
    """
    tracer = SWITCH.tracer
    if tracer is None or path.startswith("/grpc."):  # nobody wants a trace of being asked for its health
        return lambda: None
    name = path.lstrip("/")
    service, _, method = name.rpartition("/")
    about = {"rpc.system": "grpc", "rpc.service": service, "rpc.method": method}

    def begin() -> None:
        # Most calls end here. The SDK takes ten times as long to come to the same.
        parent = _brought()
        if parent is None and not SWITCH.sampling.begins():
            return
        parent = parent or Context()
        span = tracer.start_span(name, parent, SpanKind.SERVER, about)
        attach(trace.set_span_in_context(span, parent))
        if now := call():
            now.span = span

    return begin


def _brought() -> Context | None:
    """The trace that came with the call, if one did: a `traceparent` that can't be read is none (W3C)."""
    came = metadata()
    for key, _ in came:
        if key == "traceparent":
            found = W3C.extract({name: str(value) for name, value in came if name in W3C.fields}, Context())
            return found or None
    return None


def end(span: Span, now: Call, answer: Any, code: str) -> None:
    if span.is_recording():
        _tell(span, now, answer, code)
    span.end()


def _tell(span: Span, now: Call, answer: Any, code: str) -> None:
    span.set_attribute("rpc.grpc.status_code", grpc.StatusCode[code].value[0])
    span.set_attributes({**attributes_of(now.request), **attributes_of(answer)})
    span.set_attribute("payonce.outcome", now.reason if now.reason and code != "OK" else code)
    if now.replayed:
        span.set_attribute("payonce.replayed", True)
    if code in ("INTERNAL", "UNAVAILABLE", "RESOURCE_EXHAUSTED"):  # a refusal is an answer, and no error of ours
        span.set_status(Status(StatusCode.ERROR, code))
