"""The call that runs now: what is known of it in the task that handles it, and in those that it starts."""

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any, TypeAlias

from opentelemetry.trace import Span, SpanContext

from shared.errors import Reason
from shared.telemetry.switch import SWITCH
from shared.telemetry.unrecorded import unsampled

Metadata: TypeAlias = Sequence[tuple[str, str | bytes]]


class Call:
    """One call under way; `reason` once it was refused, `span` once its caller was let in, if anybody is to see it."""

    __slots__ = ("_unrecorded", "method", "reason", "replayed", "request", "span")

    def __init__(self, method: str, request: Any) -> None:
        self.method = method
        self.request = request
        self.reason: Reason | None = None
        self.replayed = False
        self.span: Span | None = None
        self._unrecorded: SpanContext | None = None

    def unrecorded(self) -> SpanContext | None:
        """Ids of a call without a span, made when first asked for: most log nothing. None where nothing is traced."""
        if self.span is None and self._unrecorded is None and SWITCH.tracer:
            self._unrecorded = unsampled()
        return self._unrecorded


_CALL: ContextVar[Call | None] = ContextVar("call", default=None)
_METADATA: ContextVar[Metadata] = ContextVar("metadata", default=())


def arrives(metadata: Metadata) -> None:
    """A call is about to be handled in this task. grpc.aio decodes the metadata anew for everybody who asks."""
    _METADATA.set(metadata)


def metadata() -> Metadata:
    """What came with the call that is handled in this task."""
    return _METADATA.get()


def begins(one: Call) -> None:
    """Its handler does; a call is a task, and has its context."""
    _CALL.set(one)


def call() -> Call | None:
    """The call that runs now; None in what runs for many, or for nobody."""
    return _CALL.get()


def of_nobody() -> None:
    """At the beginning of a task that was started within somebody's call, and is not theirs."""
    _CALL.set(None)
