"""`python -m bench`: every figure side by side, round after round; then audit, table, file and pictures."""

import argparse
import contextlib
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from bench import counting, figures, flow, machine, pictures, report
from bench.audited import audit, require_audit
from bench.database import Postgres
from bench.figures import FULL, IN_FLIGHT
from bench.flow import Flow
from bench.growth import Growth
from bench.overload import Overload, targets
from bench.processes import Client, Server
from bench.sample import Figure, Results, Sample, median
from bench.sink import telemetry
from bench.stage import Stage

# One payment a batch, as the pattern is usually written; as many at a time as there may be.
UNBATCHED = {"PAYMENT_BATCH_LIMIT": "1", "PAYMENT_LANES": "8"}
WORKERS = 2
COUNTED = {"pay_spread": "spread", "pay_one_merchant": "one"}
# What a run is kept as; one of single figures is not.
KEPT = {"": "latest", "growth": "growth-large"}


class Bench:
    """One run, in a folder that is gone afterwards."""

    def __init__(self, folder: Path, options: argparse.Namespace, log: IO[str]) -> None:
        self._folder, self._options, self._log = folder, options, log
        self._stack = contextlib.ExitStack()
        self.postgres = Postgres(folder)
        self._stack.callback(self.postgres.close)
        self._client = Client(log)
        self._stack.callback(self._client.process.close)
        self.audits: list[str] = []
        self.overload: dict[str, Any] = {}

    def figures(self) -> tuple[Results, dict[str, Any]]:
        """What is measured on fresh databases: the figures, and what a payment costs in statements and calls."""
        with contextlib.ExitStack() as stack:
            stage = Stage(self.postgres, "main", self._log)
            stack.callback(stage.close)
            unbatched = Stage(self.postgres, "unbatched", self._log, settings=UNBATCHED)
            stack.callback(unbatched.close)
            workers = Stage(self.postgres, "workers", self._log, workers=WORKERS)
            stack.callback(workers.close)
            sink = Server("bench.sink", self._log)
            stack.callback(sink.process.close)
            observed = Stage(self.postgres, "telemetry", self._log, settings=telemetry(sink.address))
            stack.callback(observed.close)
            two = figures.pay(self._client, workers, "pay_two_workers", "spread", FULL, channels=figures.CHANNELS)
            possible = [*self._all(stage, unbatched, observed, stack), two]
            wanted = [figure for figure in possible if self._is_wanted(figure)]
            results = self._measure(wanted)
            stages = [stage, unbatched, workers, observed, *self._overload(results, stack)]
            names = {figure.name for figure in wanted}
            counts = {
                name: counting.count(self._client, stage, series, FULL)
                for name, series in COUNTED.items()
                if name in names
            }
            self._audit(stages)
        return results, counts

    def _overload(self, results: Results, stack: contextlib.ExitStack) -> list[Stage]:
        """Half load and overload, when they are wanted; the stage of theirs."""
        if self._options.only and "overload" not in self._options.only:
            return []
        overload = Overload(self.postgres, self._log, window_s=self._options.overload_s)
        stack.callback(overload.close)
        self.overload = overload.results(self._client, results)
        return [overload.stage]

    def growth(self) -> report.Growth:
        """The same payments after many others."""
        growth = Growth(self.postgres, self._client, self._log, self._options.sizes)
        try:
            results = self._measure(growth.figures())
            self._audit(list(growth.stages.values()))
            return growth.results(results)
        finally:
            growth.close()

    def close(self) -> None:
        self._stack.close()

    def _all(self, stage: Stage, unbatched: Stage, observed: Stage, stack: contextlib.ExitStack) -> list[Figure]:
        client, echo = self._client, Server("bench.echo", self._log)
        stack.callback(echo.process.close)
        by_hand = Flow(self.postgres)
        dbos_urls = {"BENCH_FLOW_URL": by_hand.url, "BENCH_DBOS_URL": self.postgres.create("dbos")}
        dbos = Client(self._log, "bench.dbos_flow", dbos_urls)
        stack.callback(dbos.process.close)
        return [
            *(figures.echo(client, echo, n) for n in IN_FLIGHT),
            *(figures.pay(client, stage, "pay_spread", "spread", n) for n in IN_FLIGHT),
            *(figures.pay(client, stage, "pay_one_merchant", "one", n) for n in IN_FLIGHT),
            figures.pay(client, observed, "pay_spread_telemetry", "spread", FULL),
            figures.replay(client, stage),
            figures.replay(client, observed, "replay_telemetry"),
            figures.pay(client, unbatched, "pay_unbatched", "spread", FULL),
            figures.pay_batch(client, stage),
            figures.pay(client, stage, "ticket", "ticket", FULL, kind="ticket"),
            figures.refund(client, stage),
            flow.pgbench(by_hand, "pgbench_spread", "spread", self._folder),
            flow.pgbench(by_hand, "pgbench_one_merchant", "one", self._folder),
            flow.dbos(by_hand, dbos),
        ]

    def _measure(self, wanted: Sequence[Figure]) -> Results:
        """Rounds interleaved, so that a noisy moment hurts all alike. The first of all warms up and is not kept."""
        samples: dict[str, list[Sample]] = {figure.key: [] for figure in wanted}
        for turn in range(self._options.rounds + 1):
            for figure in wanted:
                sample = figure.run()
                print(f"round {turn}: {figure.key} {sample.rate:,.0f}/s", file=sys.stderr, flush=True)
                if turn:
                    samples[figure.key].append(sample)
        return {figure.key: median(figure, samples[figure.key]) for figure in wanted}

    def _is_wanted(self, figure: Figure) -> bool:
        only = self._options.only
        return not only or figure.name in only or figure.key in only

    def _audit(self, stages: Sequence[Stage]) -> None:
        for stage in stages:
            stage.quiet()
            if not self._options.unaudited:
                self.audits.append(f"{stage.name}: {audit(stage.urls)}")
                print(self.audits[-1], file=sys.stderr, flush=True)


def main() -> None:
    """Measure; nothing is kept when the audit found something."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))  # what was started is stopped
    if not options.unaudited:
        require_audit()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="payonce-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL does not run as root, and must get in
        with (folder / "services.log").open("a") as log:
            bench = Bench(folder, options, log)
            try:
                results, counts = bench.figures() if options.only != ["growth"] else ({}, {})
                growth = bench.growth() if not options.only or "growth" in options.only else []
            finally:
                bench.close()
    latest = {
        "about": {**machine.about(), "rounds": options.rounds, "minutes": round((time.monotonic() - started) / 60, 1)},
        "postgres": bench.postgres.settings,
        "ratios": [*report.ratios(results, growth), *targets(bench.overload)],
        "counts": counts,
        "figures": results,
        "growth": growth,
        "overload": bench.overload,
        "audits": bench.audits,
    }
    report.print_report(latest)
    if kept := KEPT.get(",".join(options.only)) if not options.unaudited else None:
        report.write(latest, f"{kept}.json")
        pictures.draw(latest, report.OUT, growth="growth" if kept == "latest" else kept)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench")
    names = "names of figures, such as echo,pay_spread@256,overload,growth; all of them unless given"
    parser.add_argument("--only", type=lambda text: text.split(","), default=[], help=names)
    parser.add_argument("--rounds", type=int, default=5, help="each figure is the median of so many")
    sizes = "how many payments are there before those of growth, multiples of 1,000"
    parser.add_argument("--sizes", type=_numbers, default=[10_000, 1_000_000], help=sizes)
    parser.add_argument("--overload-s", type=float, default=30.0, help="how long ten times too much is offered")
    parser.add_argument("--unaudited", action="store_true", help="for profiling: no audit, and nothing is kept")
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


if __name__ == "__main__":
    main()
