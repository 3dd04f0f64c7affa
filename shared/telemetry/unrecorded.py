"""A trace that nobody will see. Whoever is called from here is told so, and begins none of its own."""

from random import getrandbits

from opentelemetry import context, trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

UNSAMPLED = TraceFlags(TraceFlags.DEFAULT)


def unsampled() -> SpanContext:
    """Its ids, which still tell log lines that belong together."""
    return SpanContext(getrandbits(128) or 1, getrandbits(64) or 1, is_remote=False, trace_flags=UNSAMPLED)


def within(here: SpanContext) -> context.Context:
    """What is done there."""
    return trace.set_span_in_context(NonRecordingSpan(here), context.Context())


def not_recorded() -> None:
    """For the rest of this task."""
    context.attach(within(unsampled()))
