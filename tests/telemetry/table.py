"""The table of docs/telemetry.md, made from what the services register: `python -m tests.telemetry.table` prints it."""

from collections.abc import Sequence
from typing import Any, cast

from prometheus_client.metrics import MetricWrapperBase

import payment_service.usecases.counts  # noqa: F401 - registers what it counts
from payment_service.domain.seals import Chain
from payment_service.storage.backlog import Left
from payment_service.usecases.backlog import Backlog, Seen
from shared.database import Database
from shared.telemetry.metrics import REGISTRY


def table() -> list[str]:
    """Its lines, heading first."""
    wrappers = [one for one in REGISTRY._collector_to_names if isinstance(one, MetricWrapperBase)]
    labels: dict[str, Any] = {one._name: one._labelnames for one in wrappers}
    lines = ["| metric | kind | labels | what it tells |", "|---|---|---|---|"]
    for family in [*REGISTRY.collect(), *_backlog().collect()]:
        name = f"{family.name}_total" if family.type == "counter" else family.name
        known: Sequence[str] = labels.get(family.name) or getattr(family, "_labelnames", None) or ()
        written = ", ".join(f"`{label}`" for label in known)
        lines.append(f"| `{name}` | {family.type} | {written} | {family.documentation} |")
    return lines


def _backlog() -> Backlog:
    """One that has looked once, so that it has something to tell."""
    backlog = Backlog(cast("Database", None))
    backlog._seen = Seen(Left(0, 0.0), Left(0, 0.0), dict.fromkeys(Chain, 0), 0.0)
    return backlog


if __name__ == "__main__":
    print("\n".join(table()))
