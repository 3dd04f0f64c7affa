"""`python -m model`: all searches, a table, and a last line; exit 1 when one did not end as it must."""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from model.runs import GUARDS, NAIVE, REACHED, Run, protocol
from model.spin import Found, Search, missing

COLUMNS = "{:56}{:>20}{:>9}{:>10}{:>8}{:>9}  {}"
AT_ONCE = 2


def main() -> None:
    """Search, and say what came out."""
    options = _options()
    if absent := missing():
        sys.exit(f"model: needs {' and '.join(absent)}: apt-get install spin gcc")
    print(COLUMNS.format("", "claim", "must be", "states", "depth", "seconds", "is"))
    parts = {
        "the protocol": protocol(full=options.full),
        "must be seen to happen": REACHED,
        "the naive pattern": NAIVE,
        "without": GUARDS,
    }
    every = _ended([run for runs in parts.values() for run in runs])
    found = {title: _part(title, runs, every, stories=options.stories) for title, runs in parts.items()}
    print(last_line(found["the protocol"], found["the naive pattern"], found["without"]))
    sys.exit(0 if all(one.as_expected for ended in found.values() for one in ended) else 1)


def last_line(held: Sequence[Found], naive: Sequence[Found], guards: Sequence[Found]) -> str:
    """The sum of it."""
    violations = sum(not found.as_expected for found in held)
    double = "double_charge_found" if all(found.as_expected for found in naive) else "NOT_FOUND"
    caught = sum(found.as_expected for found in guards)
    states = sum(found.states for found in held)
    return f"model: states={states} violations={violations} naive={double} guards={len(guards)} caught={caught}"


def _ended(runs: Sequence[Run]) -> Iterator[Found]:
    """How each run ended, in the order given, as soon as it has."""
    with tempfile.TemporaryDirectory(prefix="payonce-model-") as folder, ThreadPoolExecutor(AT_ONCE) as pool:
        search = Search(Path(folder))
        programs = {search.program(run): run for run in runs}
        list(pool.map(search.make, programs.values()))
        yield from pool.map(search, runs)


def _part(title: str, runs: Sequence[Run], every: Iterator[Found], *, stories: bool) -> list[Found]:
    print(f"{title}:")
    ended = []
    for _ in runs:
        found = next(every)
        ended.append(found)
        print(_row(found), flush=True)
        if stories or not found.as_expected:
            print("".join(f"      {step}\n" for step in found.story), end="", flush=True)
    return ended


def _row(found: Found) -> str:
    run = found.run
    verdict = found.result if found.as_expected else f"{found.result.upper()}, and must not be"
    took = f"{found.took_s:.1f}"
    return COLUMNS.format(f"  {run.name}", run.claim or "i2", run.expected, found.states, found.depth, took, verdict)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m model", description=__doc__)
    parser.add_argument("--full", action="store_true", help="two PayOrder also in the search for endless runs")
    parser.add_argument("--stories", action="store_true", help="tell each violation, step by step")
    return parser.parse_args()


if __name__ == "__main__":
    main()
