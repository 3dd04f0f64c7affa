"""The table, the ratios, and the file in `bench/out`."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.sample import Results

OUT = Path(__file__).parent / "out"
# (above, below, target); the figures with most calls in flight.
RATIOS = (
    ("pay_spread@256", "echo@256", 0.70),
    ("pay_one_merchant@256", "echo@256", 0.70),
    ("replay@256", "echo@256", 0.85),
    ("pay_batch@3", "echo@256", 1.5),
    ("pay_spread_telemetry@256", "pay_spread@256", 0.95),
    ("replay_telemetry@256", "replay@256", 0.95),
    ("pay_spread@256", "pay_unbatched@256", 6.0),
    ("pay_one_merchant@256", "pgbench_one_merchant@32", 2.0),
    ("pay_spread@256", "pgbench_spread@32", None),
    ("pay_two_workers@256", "pay_spread@256", None),
    ("pay_spread@256", "dbos@16", 40.0),
)
Growth = list[dict[str, Any]]
LARGE = 10_000_000  # what the target for growth speaks of


def ratios(results: Results, growth: Growth) -> list[dict[str, Any]]:
    """What the targets speak of."""
    found = [
        _ratio(f"{above.partition('@')[0]}/{below.partition('@')[0]}", results[above], results[below], target)
        for above, below, target in RATIOS
        if above in results and below in results
    ]
    if len(growth) > 1:
        name = f"after {growth[-1]['past']:,}/after {growth[0]['past']:,}"
        found.append(_ratio(name, growth[-1], growth[0], 0.9 if growth[-1]["past"] >= LARGE else None))
    if growth:
        value = growth[-1]["bytes_a_payment"]
        found.append({"name": f"bytes a payment after {growth[-1]['past']:,}", "value": value, "at_most": 1024})
    if "pay_spread@1" in results and "echo@1" in results:
        trips = results["pay_spread@1"]["p50_ms"] / results["echo@1"]["p50_ms"]
        found.append({"name": "echo round trips in one payment alone", "value": round(trips, 2), "at_most": 4})
    return found


def print_report(latest: dict[str, Any]) -> None:
    """Everything that was measured."""
    console = Console(width=None if Console().is_terminal else 120)
    console.print(_figures([*latest["figures"].values(), *latest["growth"]]))
    console.print(_ratios(latest["ratios"]))
    for name, counts in latest["counts"].items():
        console.print(f"{name}, for each payment: {counts}", highlight=False)
    for name, one in latest["overload"].items():
        console.print(f"{name}: {one}", highlight=False)
    for one in latest["growth"]:
        console.print(f"{one['past']:,} payments: {one['bytes_a_payment']:,.0f} bytes each", highlight=False)


def write(latest: dict[str, Any], name: str) -> None:
    """Keep every figure."""
    OUT.mkdir(exist_ok=True)
    (OUT / name).write_text(json.dumps(latest, indent=1) + "\n")


def _ratio(name: str, above: dict[str, Any], below: dict[str, Any], target: float | None) -> dict[str, Any]:
    return {"name": name, "value": round(above["rate"] / below["rate"], 3), "at_least": target}


def _figures(results: Growth) -> Table:
    table = Table(title="medians; CPU in µs for each payment or call")
    for column in ("figure", "in flight", "a second", "p50 ms", "p99 ms", "client", "payment", "order", "postgres"):
        table.add_column(column, justify="left" if column == "figure" else "right")
    for one in results:
        cpu = one["cpu_us"]
        shares = [cpu.get("client"), cpu.get("payment", cpu.get("echo")), cpu.get("order"), cpu.get("postgres")]
        table.add_row(
            one["name"],
            str(one["in_flight"]),
            _number(one["rate"], 0),
            *(_number(one[name], 1) for name in ("p50_ms", "p99_ms")),
            *(_number(share, 0) for share in shares),
        )
    return table


def _ratios(found: list[dict[str, Any]]) -> Table:
    table = Table("ratio", "is", "target", title="ratios in this run")
    for one in found:
        target = f"≥ {one['at_least']}" if one.get("at_least") else f"≤ {one['at_most']}" if "at_most" in one else ""
        table.add_row(one["name"], f"{one['value']:.2f}", target)
    return table


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"
