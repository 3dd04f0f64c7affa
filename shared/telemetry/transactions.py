"""Around every transaction: how long it took, and one span, whatever it consists of."""

from collections.abc import Callable, Coroutine
from time import perf_counter
from typing import Any, TypeVar

from opentelemetry import trace
from opentelemetry.trace import SpanKind

from shared.telemetry.metrics import TRANSACTIONS
from shared.telemetry.switch import SWITCH

T = TypeVar("T")


def observed(run: Coroutine[Any, Any, T], work: Callable[..., Any], name: str = "") -> Coroutine[Any, Any, T]:
    """`run`, which does `work`, watched if that is wanted; without a name it has that of the function that asks."""
    if not SWITCH.on:
        return run
    asking = getattr(work, "__qualname__", type(work).__name__).partition(".<locals>")[0]
    return _observed(run, name or asking)


async def _observed(run: Coroutine[Any, Any, T], name: str) -> T:
    began = perf_counter()
    try:
        # What the service looks at by itself, all the time, is nobody's trace; and most traces are not recorded.
        if SWITCH.tracer is None or not trace.get_current_span().is_recording():
            return await run
        about = {"db.system.name": "postgresql", "payonce.transaction": name}
        # An error's text may carry SQL: its kind alone is told.
        with SWITCH.tracer.start_as_current_span(
            f"transaction {name}", kind=SpanKind.CLIENT, attributes=about,
            record_exception=False, set_status_on_exception=False,
        ) as span:  # fmt: skip
            try:
                return await run
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                raise
    finally:
        TRANSACTIONS.labels(name).observe(perf_counter() - began)
