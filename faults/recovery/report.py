"""What is said of it."""

import datetime as dt
import json
import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from faults.recovery.confirmed import CONFIRMED
from faults.recovery.figures import Figure, Figures, percentile
from faults.recovery.first import DATABASE, FAILOVER, SERVICE

TARGETS_S = {SERVICE: 2.0, DATABASE: 3.0, CONFIRMED: 5.0}
MEASURED = {
    SERVICE: "first success after a service restart, from the start of the new process",
    DATABASE: "first success after a database crash, from when it accepts connections",
    CONFIRMED: "nothing unconfirmed after healing",
}


def figure(figures: Figures, kind: str) -> float | None:
    """The one that is held to the target: the 99th percentile, which of few is the highest. None: not measured."""
    values = _all(figures, kind)
    return percentile(values, 0.99) if values else None


def tables(figures: Figures) -> Iterator[Table]:
    """For people."""
    times = Table("how long", "times", "median, s", "highest, s")
    for one in figures.times:
        times.add_row(one.what, *_seconds(one))
    if figures.times:
        yield times
    load = Table("PayOrder", "calls", "OK", "p50, ms", "p99, ms", "what else was told")
    for seen in figures.windows:
        others = ", ".join(f"{status} {count}" for status, count in sorted(seen.statuses.items()) if status != "OK")
        share = f"{seen.statuses.get('OK', 0) / seen.calls:.2%}" if seen.calls else ""
        load.add_row(seen.what, f"{seen.calls}", share, f"{seen.p50_ms:.0f}", f"{seen.p99_ms:.0f}", others)
    if figures.windows:
        yield load
    targets = Table("target", "times", "median, s", "p99, s", "at most, s", "met")
    for kind, target_s in TARGETS_S.items():
        if (p99_s := figure(figures, kind)) is not None:
            all_s = _all(figures, kind)
            numbers = (f"{len(all_s)}", f"{percentile(all_s, 0.5):.2f}", f"{p99_s:.2f}", f"{target_s:g}")
            targets.add_row(MEASURED[kind], *numbers, "yes" if p99_s <= target_s else "NO")
    if targets.row_count:
        yield targets


def last_line(figures: Figures) -> str:
    """The line for machines; what was left out is not in it."""
    parts = {"service_s": SERVICE, "database_s": DATABASE, "failover_s": FAILOVER, "confirmed_p99_s": CONFIRMED}
    found = {name: figure(figures, kind) for name, kind in parts.items()}
    measured = "".join(f" {name}={value:.2f}" for name, value in found.items() if value is not None)
    outages = f" outages={count}" if (count := len(_all(figures, CONFIRMED))) else ""
    return f"recovery:{measured}{outages} lost={len(figures.lost)} failed={figures.failed}"


def write(figures: Figures, out: Path) -> Path:
    """Every figure."""
    out.mkdir(exist_ok=True)
    path = out / "recovery.json"
    said = {
        "date": dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "last_line": last_line(figures),
        **asdict(figures),
    }
    path.write_text(json.dumps(said, indent=1))
    return path


def _all(figures: Figures, kind: str) -> list[float]:
    return [second for one in figures.times if one.kind == kind for second in one.seconds]


def _seconds(one: Figure) -> Sequence[str]:
    return f"{len(one.seconds)}", f"{percentile(one.seconds, 0.5):.2f}", f"{max(one.seconds):.2f}"
