"""A line over the last two minutes, as the points of an SVG polyline; and what it shows, in words."""

from collections.abc import Sequence
from typing import NamedTuple

from payonce.console.live.watch import KEPT

WIDTH, HEIGHT = 240, 48
TOP = 3  # so that the line's own width stays inside


class Chart(NamedTuple):
    """`line` and `area` are SVG points, in a box of WIDTH by HEIGHT; `text` is for who does not see it."""

    line: str
    area: str
    text: str
    peak: float


def chart(values: Sequence[float], what: str, *, digits: int = 0) -> Chart:
    """The newest value is at the right end; the highest one touches the top."""
    peak = max(values, default=0.0)
    step = WIDTH / (KEPT - 1)
    left = WIDTH - step * (len(values) - 1)
    points = [
        (left + step * i, HEIGHT - (HEIGHT - TOP) * (value / peak if peak else 0.0)) for i, value in enumerate(values)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    area = f"{left:.1f},{HEIGHT} {line} {WIDTH},{HEIGHT}" if points else ""
    now = values[-1] if values else 0.0
    text = f"{what}, the last two minutes: now {now:.{digits}f}, highest {peak:.{digits}f}"
    return Chart(line, area, text, peak)
