"""docs/observed.md: the matrix as Markdown, with what it stands on."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from faults.answers import NO_FAULT
from faults.history import FOR_GOOD
from faults.kinds import KINDS, LEFT_OUT
from faults.matrix.observed import Observed, Row
from faults.matrix.promised import Promised

HEAD = f"""# What callers were told, by fault

Written by `make matrix`, and by nobody's hand. What callers *may* be told is the table in `docs/reliability.md`;
the command ends with exit status 1 when anything below is not in it, and when a seed violated anything.

A row is a kind of fault **alone**: in its seeds nothing else is broken, every story is told, callers have deadlines
of 1 to 8 s, and the services run with their own default settings. From the first fault of a seed on every answer is
in that row; those before are in the row `{NO_FAULT}`. A fault of links has seeds and a row for each place: (callers)
between them and the services, (order_service) between payment_service and it, (database) between it and both. Under
several faults at once (`make faults`) nobody can tell whose doing an answer is, so those seeds are not in here; what is
told there is held to `protos/`, RPC by RPC. The rows that name a service are single crashes of `make crash-points`, and
the answer is that of the call which was under way; "no answer" is a call that had none 0.5 s after the crash.

"Refused" is for good: INVALID_ARGUMENT, NOT_FOUND, FAILED_PRECONDITION, ALREADY_EXISTS, as the stories give cause
for. A status without a reason is the transport's. "hung up": the caller did. Each order of a batch counts as a
PayOrder, too.
"""
REFUSED = "refused"


def page(found: Observed, promise: Promised) -> str:
    """All of it."""
    return "\n".join(
        [HEAD, *_stands_on(found), *_violations(found), "", *_table(found, promise), "", *_not_here(found), ""]
    )


def _stands_on(found: Observed) -> Iterator[str]:
    seeds, lines = sorted({int(line["seed"]) for line in found.seeds}), found.seeds
    dates = sorted({line.get("date", "") for line in lines})
    lengths = sorted({float(line["seconds"]) for line in lines})
    faults, requests, violations = (sum(line[what] for line in lines) for what in ("faults", "requests", "violations"))
    yield (
        f"It stands on {found.answers:,} answers: {len(lines)} seeds ({_few(seeds)}; {_few(lengths)} s each;"
        f" {_few(dates)}) with {faults:,} faults and {requests:,} requests, {violations} violations;"
        f" and {found.cells:,} crash points. What was run: {', '.join(sorted(found.commits))}."
    )


def _violations(found: Observed) -> Iterator[str]:
    if lines := [f"- {line}" for line in found.violations()]:
        yield from ("", "**Violations**:", "", *lines)


def _few(values: Sequence[object]) -> str:
    shown = [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
    return shown[0] if len(shown) == 1 else f"{shown[0]} to {shown[-1]}" if shown else "none"


def _table(found: Observed, promise: Promised) -> Iterator[str]:
    yield f"| fault | times | {' | '.join(', '.join(rpcs) for rpcs in promise.columns)} |"
    yield "|---" * (2 + len(promise.columns)) + "|"
    for (fault, service), row in sorted(found.points.items(), key=lambda item: (int(item[0][0][1:]), item[0][1])):
        yield _line(f"{fault}, in {service}", row, promise)
    rows = [row for row in found.kinds.values() if row.kind in KINDS]
    for row in sorted(rows, key=lambda row: list(KINDS).index(row.kind)):
        kind, place = KINDS[row.kind], f" ({row.place})" if row.place else ""
        yield _line(f"{kind.number} `{kind.name}`{place}: {kind.about}", row, promise)
    if NO_FAULT in found.kinds:
        yield _line(f"`{NO_FAULT}`", found.kinds[NO_FAULT], promise)


def _line(label: str, row: Row, promise: Promised) -> str:
    cells = [_cell(row.told[rpc] for rpc in rpcs if rpc in row.told) for rpcs in promise.columns]
    return f"| {label} | {row.times or ''} | {' | '.join(cells)} |"


def _cell(counted: Iterable[Counter[str]]) -> str:
    total: Counter[str] = Counter()
    for one in counted:
        for said, count in one.items():
            total[REFUSED if said.partition("/")[0] in FOR_GOOD else said] += count
    return "<br>".join(f"{_shown(said)} {count:,}" for said, count in sorted(total.items()))


def _shown(said: str) -> str:
    status, _, reason = said.partition("/")
    return f"{status} `{reason}`" if reason else status


def _not_here(found: Observed) -> Iterator[str]:
    ran = {line["kinds"][0] for line in found.seeds}
    if left := [f"`{name}`" for name in KINDS if name not in ran]:
        yield f"Not run: {', '.join(left)}."
    if found.mixed:
        yield f"Left out: {found.mixed} seeds with several kinds of faults."
    yield ""
    yield "Not in the table at all:"
    yield ""
    yield from (f"- {fault}: {why}" for fault, why in LEFT_OUT.items())
