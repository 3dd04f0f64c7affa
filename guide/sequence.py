"""Sequence diagrams as SVG: who says what to whom, downward in time. Readable on a light and on a dark ground."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH, MARGIN, LINE = 215, 30, 17  # between two participants; at the sides; of a line of text


class Arrow(NamedTuple):
    """A message; `lost` ones don't arrive, `back` ones are answers."""

    source: str
    target: str
    text: str
    back: bool = False
    lost: bool = False


class Note(NamedTuple):
    """What one participant does, in a box; `tone` is plain, bad or good."""

    at: str
    text: str
    tone: str = "plain"


Step = Arrow | Note
STYLE = """
  text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif }
  .ground { fill: #ffffff } .text, .name { fill: #1f2328 } .text { font-size: 13px }
  .name { font-size: 14px; font-weight: 600 } .actor { fill: #eaeef2; stroke: #8c959f }
  .life { stroke: #8c959f; stroke-dasharray: 4 4 } .arrow { stroke: #1f2328; stroke-width: 1.5; fill: none }
  .back { stroke-dasharray: 6 4 } .head { fill: #1f2328 } .cross { stroke: #cf222e; stroke-width: 2.5 }
  .plain { fill: #f6f8fa; stroke: #8c959f } .bad { fill: #ffebe9; stroke: #cf222e }
  .good { fill: #dafbe1; stroke: #1a7f37 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #161b22 } .text, .name { fill: #e6edf3 } .actor { fill: #30363d }
    .arrow { stroke: #e6edf3 } .head { fill: #e6edf3 } .cross { stroke: #ff7b72 }
    .plain { fill: #21262d } .bad { fill: #4d1418; stroke: #ff7b72 } .good { fill: #0f3d1c; stroke: #56d364 }
  }
"""


def draw(title: str, participants: Sequence[str], steps: Sequence[Step]) -> str:
    """An SVG of its own; `title` is what a screen reader says."""
    at = {name: MARGIN + WIDTH // 2 + i * WIDTH for i, name in enumerate(participants)}
    parts, y = [], 62
    for step in steps:
        drawn, y = _arrow(step, at, y) if isinstance(step, Arrow) else _note(step, at, y)
        parts.append(drawn)
    width, height = 2 * MARGIN + WIDTH * len(participants), y + 8
    lives = [f'<line class="life" x1="{x}" x2="{x}" y1="50" y2="{height - 12}"/>' for x in at.values()]
    names = [
        f'<rect class="actor" x="{x - 85}" y="18" width="170" height="32" rx="6"/>{_text([name], x, 39, "name")}'
        for name, x in at.items()
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">'
    label = f"<title>{escape(title)}</title><style>{STYLE}</style>"
    ground = f'<rect class="ground" width="{width}" height="{height}" rx="10"/>'
    return "\n".join([head, label, ground, *lives, *names, *parts, "</svg>", ""])


def _arrow(step: Arrow, at: dict[str, int], y: int) -> tuple[str, int]:
    start, end = at[step.source], at[step.target]
    lines = step.text.split("\n")
    y += LINE * len(lines)
    sign = 1 if end > start else -1
    tip = end - sign * 4
    kind = "arrow back" if step.back else "arrow"
    if step.lost:
        tip = start + (end - start) * 3 // 5
    shaft = f'<path class="{kind}" d="M{start} {y}H{tip}"/>'
    point = f'<path class="head" d="M{tip + sign * 4} {y}l{-sign * 9} -4.5v9z"/>'
    cross = f'<path class="cross" d="M{tip - 6} {y - 6}l12 12m0 -12l-12 12"/>'
    middle = (start + tip if step.lost else start + end) // 2
    words = _text(lines, middle, y - 8 - LINE * (len(lines) - 1), "text")
    return shaft + (cross if step.lost else point) + words, y + 17


def _note(step: Note, at: dict[str, int], y: int) -> tuple[str, int]:
    lines = step.text.split("\n")
    x, height = at[step.at], LINE * len(lines) + 12
    width = 195
    box = f'<rect class="{step.tone}" x="{x - width // 2}" y="{y}" width="{width}" height="{height}" rx="5"/>'
    return box + _text(lines, x, y + LINE + 1, "text"), y + height + 10


def _text(lines: Sequence[str], x: int, y: int, kind: str) -> str:
    spans = "".join(
        f'<tspan x="{x}" dy="{LINE if i else 0}">{escape(line, quote=False)}</tspan>' for i, line in enumerate(lines)
    )
    return f'<text class="{kind}" x="{x}" y="{y}" text-anchor="middle">{spans}</text>'
