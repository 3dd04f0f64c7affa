"""Around every batch: how many travelled, how long they waited; and how their traces hang together.

The batch is done within the trace of the first payment in it that is recorded. Each other one has a span of the same
time in its own trace, and a link to where it was really done; the batch has links back.
"""

import contextlib
import time
from collections.abc import Awaitable, Iterator, Sequence
from typing import Any

from opentelemetry import context, trace
from opentelemetry.trace import Link, Span, Tracer

from shared.telemetry.call import call, of_nobody
from shared.telemetry.metrics import BATCH_SIZE, BATCH_WAIT
from shared.telemetry.switch import SWITCH
from shared.telemetry.unrecorded import not_recorded

# They may carry SQL.
NO_ERROR_TEXTS: dict[str, Any] = {"record_exception": False, "set_status_on_exception": False}


def recording() -> Span | None:
    """The span of whoever asks, if anybody is to see it."""
    now = call()
    return now.span if now and now.span and now.span.is_recording() else None


@contextlib.contextmanager
def unasked(name: str, size: int) -> Iterator[None]:
    """Around work that no caller waits for: a trace of its own."""
    if SWITCH.tracer is None:
        yield
        return
    about = {"payonce.batch.size": size}
    with SWITCH.tracer.start_as_current_span(name, context.Context(), attributes=about, **NO_ERROR_TEXTS):
        yield


async def observed(run: Awaitable[None], queue: str, waited_s: float, spans: Sequence[Span | None]) -> None:
    """`run`, which does a batch of the queue, one of `spans` for each request in it."""
    of_nobody()  # this task was started by one caller, and is all of theirs
    if not SWITCH.on:
        await run
        return
    BATCH_SIZE.labels(queue).observe(len(spans))
    BATCH_WAIT.labels(queue).observe(waited_s)
    if SWITCH.tracer is None:
        await run
        return
    recorded = [span for span in spans if span]
    if not recorded:
        not_recorded()  # else what is done for all would be in the trace of one
        await run
        return
    await _traced(run, SWITCH.tracer, f"batch {queue}", recorded, len(spans))


async def _traced(run: Awaitable[None], tracer: Tracer, name: str, recorded: Sequence[Span], size: int) -> None:
    first, *others = recorded
    began = time.time_ns()
    links = [Link(span.get_span_context()) for span in others]
    about = {"payonce.batch.size": size}
    within = trace.set_span_in_context(first, context.Context())
    with tracer.start_as_current_span(
        name, within, attributes=about, links=links, start_time=began, **NO_ERROR_TEXTS
    ) as batch:
        await run
    ended = time.time_ns()
    for other in others:
        within = trace.set_span_in_context(other, context.Context())
        link = [Link(batch.get_span_context())]
        tracer.start_span(name, within, attributes=about, links=link, start_time=began).end(ended)
