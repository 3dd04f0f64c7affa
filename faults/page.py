"""The report as one HTML file, with nothing outside of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import TypeAlias

from faults.kinds import KINDS, LEFT_OUT
from faults.kinds.processes import failpoints
from faults.run import Result
from faults.tally import Tally
from faults.text import schedule, shown
from faults.timeline import picture

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222; max-width: 1000px; margin: 2em auto; padding: 0 1em }
table { border-collapse: collapse; margin: 1em 0 } td, th { padding: .15em .7em; text-align: left; vertical-align: top }
th { border-bottom: 1px solid #999 } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
svg { width: 100%; height: auto; font-size: 10.5px }
pre { overflow-x: auto; font-size: 12px; background: #f5f5f5; padding: .7em }
.bad { color: #b00; font-weight: bold } summary { cursor: pointer }
"""
Rows: TypeAlias = Sequence[Sequence[object]]
COLUMNS = ("seed", "requests", "faults", "kills", "db crashes", "ambiguous commits", "replies lost",
           "all answered after", "nothing unfinished after", "violations", "unexplained")  # fmt: skip


def page(last_line: str, rows: Rows, tally: Tally, sections: Iterable[str], infeasible: Mapping[str, str]) -> str:
    """The whole of it. `rows` are of every seed; `sections` are of those that are shown with a picture."""
    never = [name for which in ("payment", "order") for name in failpoints(which) if name not in tally.fired]
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>payonce: faults</title><style>{STYLE}</style>",
        f"<h1>Faults</h1><pre>{escape(last_line)}</pre>",
        "<p>Each seed breaks things while clients pay, then heals; what was told is held to the databases.</p>",
        _table(COLUMNS, rows),
        "<h2>What was injected</h2>",
        _table(("of the catalogue", "name", "what", "times"), _kinds(tally)),
        "<h2>What was not, and why</h2>",
        _table(("fault", "why"), [*LEFT_OUT.items(), *infeasible.items()]),
        "<h2>Failpoints that a service died at</h2>",
        _table(("failpoint", "times"), tally.fired.most_common()),
        f"<p>never reached: {escape(', '.join(never) or 'none')}</p>",
        "<h2>Answers</h2>",
        _table(("RPC", "answer", "times"), [(*answer, count) for answer, count in sorted(tally.said.items())]),
        *sections,
        "</html>",
    ]
    return "\n".join(parts)


def section(result: Result) -> str:
    """A seed: its picture, what is wrong with it, its schedule."""
    return "\n".join(_section(result))


def _section(result: Result) -> Iterator[str]:
    seed = result.plan.seed
    yield f"<h2 id=seed-{seed}>Seed {seed}</h2>"
    yield picture(result)
    for violation in shown(result.violations):
        yield f"<p class=bad>{escape(violation.text)}</p>"
        calls = "\n".join(call.line() for call in result.of(violation.story))
        yield f"<pre>{escape(calls or 'no story of one thing: see the schedule')}</pre>"
    if result.unexplained:
        rows = [(what, len(calls), calls[0].line()) for what, calls in result.unexplained.items()]
        yield _table(("unexplained", "times", "the first"), rows)
    yield f"<details><summary>the schedule</summary><pre>{escape(schedule(result))}</pre></details>"


def _kinds(tally: Tally) -> Iterator[tuple[object, ...]]:
    for name, kind in KINDS.items():
        times = f"in {tally.habits[name]} seeds" if kind.habit else tally.injected[name]
        yield kind.number, name, kind.about, times


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    lines = ["<tr>" + "".join(f"<th>{escape(name)}</th>" for name in head) + "</tr>"]
    lines += ["<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in rows]
    return "<table>" + "\n".join(lines) + "</table>"


def _cell(value: object) -> str:
    if isinstance(value, int):
        return f"<td class=n>{value:,}</td>"
    return f"<td class=n>{value:.2f} s</td>" if isinstance(value, float) else f"<td>{escape(str(value))}</td>"
