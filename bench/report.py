"""The table, the ratios, and `bench/out/latest.json`."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.sample import Results

OUT = Path(__file__).parent / "out"
LATEST = OUT / "latest.json"


def print_table(results: Results) -> None:
    """Everything that was measured."""
    table = Table(title="medians; CPU in µs for each payment")
    for column in ("figure", "in flight", "a second", "p50 ms", "p99 ms", "client", "payment", "order", "postgres"):
        table.add_column(column, justify="left" if column == "figure" else "right")
    for one in results.values():
        cpu = one["cpu_us"]
        shares = [cpu.get("client"), cpu.get("payment", cpu.get("echo")), cpu.get("order"), cpu.get("postgres")]
        table.add_row(
            one["name"],
            str(one["in_flight"]),
            f"{one['rate']:,.0f}",
            *(_number(one[name], 1) for name in ("p50_ms", "p99_ms")),
            *(_number(share, 0) for share in shares),
        )
    Console().print(table)


def write(results: Results, about: dict[str, Any]) -> None:
    """Keep every figure."""
    OUT.mkdir(exist_ok=True)
    LATEST.write_text(json.dumps({"about": about, "figures": results}, indent=1) + "\n")


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"
