"""`python -m bench`: every figure side by side, round after round; then audit, table, file and pictures."""

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench import figures
from bench.audited import audit
from bench.database import Postgres
from bench.figures import FULL, IN_FLIGHT
from bench.processes import Client, Server
from bench.report import print_table, write
from bench.sample import Figure, Results, Sample, median
from bench.stage import Stage

# One payment a batch, as the pattern is usually written; as many at a time as there may be.
UNBATCHED = {"PAYMENT_BATCH_LIMIT": "1", "PAYMENT_LANES": "8"}


def main() -> None:
    """Measure, and exit 1 when the audit found something."""
    options = _options()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="payonce-bench-") as folder, contextlib.ExitStack() as stack:
        Path(folder).chmod(0o755)  # PostgreSQL does not run as root, and must get in
        log = stack.enter_context((Path(folder) / "services.log").open("a"))
        postgres = Postgres(Path(folder))
        stack.callback(postgres.close)
        client, server = Client(log), Server("bench.echo", log)
        main_stage = Stage(postgres, "main", log)
        unbatched = Stage(postgres, "unbatched", log, settings=UNBATCHED)
        for process in (client.process, server.process, main_stage, unbatched):
            stack.callback(process.close)
        wanted = [f for f in _figures(client, server, main_stage, unbatched) if _is_wanted(f, options.only)]
        results = _measure(wanted, options.rounds)
        audit([main_stage, unbatched])
    print_table(results)
    write(results, {"rounds": options.rounds, "minutes": (time.monotonic() - started) / 60, **postgres.settings})


def _figures(client: Client, server: Server, stage: Stage, unbatched: Stage) -> list[Figure]:
    return [
        *(figures.echo(client, server, n) for n in IN_FLIGHT),
        *(figures.pay(client, stage, "pay_spread", "spread", n) for n in IN_FLIGHT),
        *(figures.pay(client, stage, "pay_one_merchant", "one", n) for n in IN_FLIGHT),
        figures.replay(client, stage),
        figures.pay(client, unbatched, "pay_unbatched", "spread", FULL),
        figures.pay_batch(client, stage),
        figures.pay(client, stage, "ticket", "ticket", FULL, kind="ticket"),
        figures.refund(client, stage),
    ]


def _measure(wanted: Sequence[Figure], rounds: int) -> Results:
    """Rounds interleaved, so that a noisy moment hurts all alike. The first round of all warms up and is not kept."""
    samples: dict[str, list[Sample]] = {figure.key: [] for figure in wanted}
    for turn in range(rounds + 1):
        for figure in wanted:
            sample = figure.run()
            print(f"round {turn}: {figure.key} {sample.rate:,.0f}/s", file=sys.stderr, flush=True)
            if turn:
                samples[figure.key].append(sample)
    return {figure.key: median(figure, samples[figure.key]) for figure in wanted}


def _is_wanted(figure: Figure, only: Sequence[str]) -> bool:
    return not only or figure.name in only or figure.key in only


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench")
    names = "names of figures, such as echo,pay_spread or pay_spread@256"
    parser.add_argument("--only", type=lambda text: text.split(","), default=[], help=names)
    parser.add_argument("--rounds", type=int, default=5, help="each figure is the median of so many")
    return parser.parse_args()


if __name__ == "__main__":
    main()
