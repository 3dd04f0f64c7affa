"""The picture of a seed (SVG): throughput, faults, and what was unfinished, over the same seconds."""

from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape

from faults.history import Outcome
from faults.kinds import KINDS
from faults.run import Result

WIDTH, LEFT, RIGHT = 960.0, 150.0, 20.0
CHART, LANE, GAP = 90.0, 14.0, 34.0
# Okabe and Ito's colours: told apart by everyone.
INK, GREY, BLUE, GREEN, YELLOW, ORANGE, PINK = (
    "#222222",
    "#999999",
    "#0072B2",
    "#009E73",
    "#E69F00",
    "#D55E00",
    "#CC79A7",
)
SERIES = {Outcome.OK: GREEN, Outcome.REFUSED: BLUE, Outcome.AGAIN: YELLOW, Outcome.UNKNOWN: GREY}
COLOURS = (("db", ORANGE), ("ambiguous", ORANGE), ("connections", ORANGE), ("disk", ORANGE), ("kill", INK),
           ("failpoint", INK), ("stop", PINK), ("terminate", PINK))  # fmt: skip


def picture(result: Result) -> str:
    """One `<svg>`."""
    return "".join(_Picture(result).parts())


class _Picture:
    def __init__(self, result: Result) -> None:
        self._result = result
        self._seconds = max(result.seconds, 1.0)
        self._names = [name for name in KINDS if any(fault.kind == name for _, _, fault in result.injected)]
        self._lanes_top = GAP + CHART + GAP
        self._below = self._lanes_top + LANE * len(self._names) + GAP
        self._height = self._below + CHART + GAP

    def parts(self) -> Iterator[str]:
        label = f"timeline of seed {self._result.plan.seed}"
        yield f'<svg viewBox="0 0 {WIDTH:.0f} {self._height:.0f}" role="img" aria-label="{label}">'
        yield from self._phases()
        yield from self._throughput()
        yield from self._lanes()
        yield from self._unfinished()
        yield from self._seconds_axis()
        yield "</svg>"

    def _x(self, at_s: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * min(max(at_s / self._seconds, 0.0), 1.0)

    def _phases(self) -> Iterator[str]:
        begin, end = self._x(self._result.healed_at_s), self._x(self._seconds)
        yield _rect(begin, GAP, end - begin, self._below + CHART - GAP, "#eef7f1")
        yield _text(begin + 4, GAP + CHART + 14, "healed", GREEN)

    def _throughput(self) -> Iterator[str]:
        ended: dict[Outcome, Counter[int]] = {outcome: Counter() for outcome in SERIES}
        for call in self._result.calls:
            ended[call.outcome][int(call.ended_s)] += 1
        most = max((count for counter in ended.values() for count in counter.values()), default=1)
        yield from self._frame(GAP, "answers a second", most)
        for outcome, colour in SERIES.items():
            points = [(second + 0.5, ended[outcome][second]) for second in range(int(self._seconds) + 1)]
            yield self._line(points, GAP, most, colour)
        for i, (outcome, colour) in enumerate(SERIES.items()):
            yield _text(LEFT + 8 + 90 * i, GAP - 8, outcome.value, colour)

    def _lanes(self) -> Iterator[str]:
        for i, name in enumerate(self._names):
            y = self._lanes_top + LANE * i
            colour = next((colour for prefix, colour in COLOURS if name.startswith(prefix)), BLUE)
            yield _text(LEFT - 8, y + LANE - 4, name, INK, anchor="end")
            for begin, end, fault in self._result.injected:
                if fault.kind == name:
                    width = max(self._x(end) - self._x(begin), 2.0)
                    yield _rect(self._x(begin), y + 2, width, LANE - 4, colour, title=fault.line())

    def _unfinished(self) -> Iterator[str]:
        points = [(sample.at_s, sample.unfinished) for sample in self._result.samples]
        most = max((count for _, count in points), default=1) or 1
        yield from self._frame(self._below, "unfinished payments", most)
        yield self._line(points, self._below, most, ORANGE)

    def _seconds_axis(self) -> Iterator[str]:
        step = max(1, round(self._seconds / 10))
        for second in range(0, int(self._seconds) + 1, step):
            yield _text(self._x(second), self._height - GAP + 16, f"{second} s", GREY, anchor="middle")

    def _frame(self, top: float, title: str, most: int) -> Iterator[str]:
        yield f'<line x1="{LEFT}" y1="{top + CHART}" x2="{WIDTH - RIGHT}" y2="{top + CHART}" stroke="{GREY}"/>'
        yield _text(LEFT - 8, top + 10, f"{most:,}", GREY, anchor="end")
        yield _text(LEFT - 8, top + CHART, "0", GREY, anchor="end")
        yield _text(LEFT - 8, top + CHART / 2 + 4, title, INK, anchor="end")

    def _line(self, points: Sequence[tuple[float, int]], top: float, most: int, colour: str) -> str:
        steps = " ".join(f"{self._x(at_s):.1f},{top + CHART - CHART * count / most:.1f}" for at_s, count in points)
        return f'<polyline points="{steps}" fill="none" stroke="{colour}" stroke-width="1.5"/>'


def _text(x: float, y: float, text: str, colour: str, *, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}">{escape(text)}</text>'


def _rect(x: float, y: float, width: float, height: float, colour: str, *, title: str = "") -> str:
    told = f"<title>{escape(title)}</title>" if title else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}">{told}</rect>'
