"""What every log line carries, and what none does: processors of structlog."""

import re
from collections.abc import Mapping
from typing import Any

from opentelemetry import trace
from structlog.typing import EventDict

from shared.telemetry.call import call
from shared.telemetry.ids import ids_of

SECRET = re.compile(
    r"authorization|cookie|credential|dsn|jwt|passw|private_?key|secret|ticket|token|(^|_)url$", re.IGNORECASE
)
REDACTED = "[redacted]"
# In any text, be it an error's: the password of a URL, a token after its scheme, a signed token anywhere.
WITHIN = (
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*):[^\s@]*@"), rf"\1:{REDACTED}@"),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]+", re.IGNORECASE), rf"\1 {REDACTED}"),
    (re.compile(r"\beyJ[\w-]*\.[\w-]+\.[\w-]*"), REDACTED),
    (re.compile(r"(password\s*=\s*)(?!\[)\S+", re.IGNORECASE), rf"\1{REDACTED}"),
)


def with_trace(_: Any, __: str, line: EventDict) -> EventDict:
    """The trace and span that this happens in, and the call's ids, where there are; a line's own ids come first."""
    span, now = trace.get_current_span().get_span_context(), call()
    if not span.is_valid and now:
        span = now.unrecorded() or span
    if span.is_valid:
        line.setdefault("trace_id", f"{span.trace_id:032x}")
        line.setdefault("span_id", f"{span.span_id:016x}")
    if now:
        for name, value in ids_of(now.request).items():
            line.setdefault(name, value)
    return line


def without_secrets(_: Any, __: str, line: EventDict) -> EventDict:
    """A key that sounds like a secret loses its value, whatever it is; other texts lose what looks like one."""
    return {key: _clean(key, value) for key, value in line.items()}


def _clean(key: str, value: Any) -> Any:
    if SECRET.search(key):
        return REDACTED
    if isinstance(value, str):
        for pattern, instead in WITHIN:
            value = pattern.sub(instead, value)
        return value
    if isinstance(value, Mapping):
        return {inner: _clean(str(inner), one) for inner, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(key, one) for one in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _clean(key, str(value))
