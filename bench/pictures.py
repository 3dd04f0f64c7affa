"""The pictures of docs/performance.md, drawn from what was kept of a run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter, NullLocator

from bench.figures import IN_FLIGHT

# Okabe and Ito's colours: told apart by everyone.
INK, BLUE, ORANGE, GREEN, PINK = "#222222", "#0072B2", "#D55E00", "#009E73", "#CC79A7"
SKY, YELLOW, LEMON, GREY = "#56B4E9", "#E69F00", "#F0E442", "#999999"
LINES = {"echo": ("a call that does nothing", GREY), "pay_spread": ("payments", BLUE),
         "pay_one_merchant": ("payments to one merchant", ORANGE)}  # fmt: skip
COSTS = {"echo@256": "a call that does nothing", "replay@256": "replay", "pay_batch@3": "payment in a batch call",
         "pay_spread@256": "payment", "pay_one_merchant@256": "payment to one merchant",
         "ticket@256": "payment with a ticket", "pgbench_spread@32": "SQL by hand, no services"}  # fmt: skip
PROCESSES = {"client": ("client", GREY), "payment": ("payment_service, or the echo server", BLUE),
             "order": ("order_service", GREEN), "postgres": ("PostgreSQL", ORANGE)}  # fmt: skip
TABLES = {"payments": SKY, "history": YELLOW, "entries": GREEN, "transfers": LEMON, "seals": PINK}
STYLE = {
    "font.size": 11, "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": GREY, "axes.grid": True,
    "grid.color": "#e6e6e6", "axes.axisbelow": True, "axes.spines.top": False, "axes.spines.right": False,
    "axes.titlesize": 12, "axes.titlelocation": "left", "axes.titleweight": "bold", "savefig.dpi": 130,
    "figure.constrained_layout.use": True,
}  # fmt: skip
THOUSANDS = FuncFormatter(lambda value, _: f"{value:,.0f}")


def draw(latest: dict[str, Any], folder: Path, *, growth: str = "growth") -> None:
    """Draw what the run has. `growth` names the picture of growth."""
    about = latest["about"]
    place = f"{about['date']} · {about['cores']} cores for client, services and PostgreSQL · medians"
    with mpl.rc_context(STYLE):
        if latest["figures"]:
            _save(_throughput(latest["figures"]), folder / "throughput.png", place)
            _save(_cost(latest["figures"]), folder / "cost.png", place)
        if latest["growth"]:
            _save(_growth(latest["growth"]), folder / f"{growth}.png", place)


def _throughput(figures: Mapping[str, Any]) -> Any:
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2))
    for name, (label, colour) in LINES.items():
        points = [figures[f"{name}@{n}"] for n in IN_FLIGHT]
        for axes, what in ((left, "rate"), (right, "p99_ms")):
            axes.plot(IN_FLIGHT, [p[what] for p in points], "o-", color=colour, linewidth=2, label=label)
    left.set(title="calls a second", ylim=0)
    right.set(title="99th percentile, ms", yscale="log")
    for axes in (left, right):
        axes.set(xscale="log", xlabel="calls in flight", xticks=IN_FLIGHT, xticklabels=map(str, IN_FLIGHT))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(THOUSANDS)
    left.legend(frameon=False)
    return figure


def _cost(figures: Mapping[str, Any]) -> Any:
    figure, axes = plt.subplots(figsize=(11, 4.2))
    shown = [key for key in reversed(COSTS) if key in figures]
    start = [0.0] * len(shown)
    for process, (label, colour) in PROCESSES.items():
        cpu = [figures[key]["cpu_us"] for key in shown]
        # The echo server stands where payment_service does.
        width = [each.get(process, each.get("echo", 0.0) if process == "payment" else 0.0) for each in cpu]
        axes.barh([COSTS[key] for key in shown], width, left=start, color=colour, label=label, height=0.65)
        start = [a + b for a, b in zip(start, width, strict=True)]
    for y, total in enumerate(start):
        axes.text(total, y, f"  {total:,.0f}", va="center")
    axes.set(title="CPU time of one, µs", xlim=(0, max(start) * 1.08))
    axes.xaxis.set_major_formatter(THOUSANDS)
    axes.grid(visible=False, axis="y")
    axes.legend(frameon=False, ncols=len(PROCESSES), loc="upper center", bbox_to_anchor=(0.4, -0.08))
    return figure


def _growth(growth: list[dict[str, Any]]) -> Any:
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(11, 4.2))
    sizes = [f"{one['past']:,}" for one in growth]
    for axes, what, title, colour in ((left, "rate", "payments a second", BLUE),
                                      (middle, "p99_ms", "99th percentile, ms", ORANGE)):  # fmt: skip
        bars = axes.bar(sizes, [one[what] for one in growth], color=colour, width=0.55)
        axes.bar_label(bars, fmt="{:,.0f}", padding=2)
        axes.set(title=title)
    bottom = [0.0] * len(growth)
    for table, colour in TABLES.items():
        each = [one["bytes_a_payment_by_table"][table] for one in growth]
        bars = right.bar(sizes, each, bottom=bottom, color=colour, width=0.9)
        right.bar_label(bars, labels=[f"{table} {size:,.0f}" for size in each], label_type="center", fontsize=8.5)
        bottom = [a + b for a, b in zip(bottom, each, strict=True)]
    right.set(title="bytes of one, with indexes")
    for axes in (left, middle, right):
        axes.set(xlabel="payments in place before")
        axes.grid(visible=False, axis="x")
        axes.yaxis.set_major_formatter(THOUSANDS)
        axes.margins(y=0.12)
    return figure


def _save(figure: Any, path: Path, place: str) -> None:
    figure.supxlabel(place, fontsize=9, color="#555555", x=0.01, ha="left")
    figure.savefig(path)
    plt.close(figure)
