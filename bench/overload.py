"""What a caller waits at half load, and what becomes of payments when ten times too many are offered."""

import json
import math
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import IO, Any

from bench.database import Postgres
from bench.figures import FULL, pay
from bench.open_loop import Answers, Offer
from bench.processes import Client, Process
from bench.sample import Results, median
from bench.stage import Stage

PEAK = f"pay_spread@{FULL}"
PEAK_ROUNDS = 3
# Of its own for half load and overload: the orders of `spread` are paid one after the other, without gaps.
SERIES = "offered"
QUEUE_LIMIT = 256
SETTINGS = {"PAYMENT_QUEUE_LIMIT": str(QUEUE_LIMIT)}
TIMES_PEAK = 10
QUICKLY_MS = 1000  # a refusal that takes longer is none that helps
# Enough to fill the service's queue several times over; without a limit, a client would only measure its own memory.
IN_FLIGHT_LIMIT = 10 * QUEUE_LIMIT
# A client that is itself too slow offers less, which is told, and does not count its own delay as the service's.
LATE_LIMIT_S = 0.02
HALF_LOAD_S = 10.0
WARM_S = 5.0
RECOVERY_S = 15.0
Calls = Sequence[tuple[float, float]]


class Overload:
    """A stage and a client of its own."""

    def __init__(self, postgres: Postgres, log: IO[str], *, window_s: float) -> None:
        self.stage = Stage(postgres, "overload", log, settings=SETTINGS)
        self._client = Process("bench.open_loop", log)
        self._window_s = window_s

    def results(self, client: Client, results: Results) -> dict[str, Any]:
        """Half load, overload, half load again; against the peak of this run, which is measured when it was not."""
        peak = results.get(PEAK) or self._peak(client)
        half = self._offer(peak["rate"] / 2, HALF_LOAD_S, "half_load")
        rss_mib = [self.stage.rss_mib()]
        # Memory grows until as much is in flight as may be; whether it stays there, the rest tells.
        for name, window_s in (("overload, warming up", WARM_S), ("overload", self._window_s)):
            much = self._offer(peak["rate"] * TIMES_PEAK, window_s, name, IN_FLIGHT_LIMIT, LATE_LIMIT_S)
            rss_mib.append(self.stage.rss_mib())
        after = self._offer(peak["rate"] / 2, RECOVERY_S, "half load after overload")
        self.stage.quiet()
        return {
            "peak": {"rate": peak["rate"], "p99_ms": peak["p99_ms"]},
            "half_load": {"rate": round(len(half.accepted) / HALF_LOAD_S, 1), **_latency(half), "failed": half.failed},
            "overload": {**_overloaded(much, self._window_s), "rss_mib": rss_mib, "window_s": self._window_s},
            "recovery": _recovery(half, after, much.drain_s),
        }

    def close(self) -> None:
        self._client.close()
        self.stage.close()

    def _peak(self, client: Client) -> dict[str, Any]:
        figure = pay(client, self.stage, "pay_spread", "spread", FULL)
        figure.run()  # warms up
        return median(figure, [figure.run() for _ in range(PEAK_ROUNDS)])

    def _offer(
        self,
        rate: float,
        window_s: float,
        name: str,
        in_flight_limit: int = sys.maxsize,
        late_limit_s: float = math.inf,
    ) -> Answers:
        offer = Offer(
            address=self.stage.address,
            series=SERIES,
            # Poisson arrivals are never 10 % more than their mean for seconds; what is left is used later.
            first=self.stage.make(SERIES, round(rate * window_s * 1.1) + IN_FLIGHT_LIMIT),
            rate=rate,
            window_s=window_s,
            in_flight_limit=in_flight_limit,
            late_limit_s=late_limit_s,
        )
        answers = Answers(**json.loads(self._client.ask(json.dumps(asdict(offer)))))
        self.stage.used[SERIES] += answers.used
        print(f"{name}: {answers.started / window_s:,.0f}/s offered", file=sys.stderr, flush=True)
        return answers


def targets(measured: dict[str, Any]) -> list[dict[str, Any]]:
    """What is asked of half load and overload, as the report's ratios are."""
    if not measured:
        return []
    peak, much = measured["peak"], measured["overload"]
    refusals = much["refused"] or 1
    return [
        {"name": "p99 ms at half load", "value": measured["half_load"]["p99_ms"], "at_most": 25},
        {"name": "offered in overload/peak", "value": round(much["offered_rate"] / peak["rate"], 2), "at_least": 10},
        {"name": "goodput in overload/peak", "value": round(much["goodput"] / peak["rate"], 3), "at_least": 0.9},
        {"name": "p99 in overload/p99 at peak", "value": round(much["p99_ms"] / peak["p99_ms"], 2), "at_most": 2},
        {"name": "refusals with RetryInfo", "value": 1 - much["without_retry_info"] / refusals, "at_least": 1},
        {"name": "p99 ms of refusals", "value": much["refused_p99_ms"], "at_most": QUICKLY_MS},
        {"name": "failures other than refusals", "value": sum(much["failed"].values()), "at_most": 0},
        {"name": "seconds until half load is normal", "value": measured["recovery"]["seconds"], "at_most": 10},
        # The first part of the overload fills what memory is kept for; after that it is to stay.
        {"name": "memory after/early in overload", "value": _grown(much["rss_mib"]), "at_most": 1.1},
    ]


def _grown(rss_mib: Sequence[float]) -> float:
    return round(rss_mib[-1] / rss_mib[1], 3)


def _overloaded(answers: Answers, window_s: float) -> dict[str, Any]:
    within = [took for due, took in answers.accepted if due + took <= window_s]
    return {
        "offered_rate": round(answers.started / window_s, 1),
        "goodput": round(len(within) / window_s, 1),
        "refused": len(answers.refused),
        "refused_share": round(len(answers.refused) / answers.started, 3),
        "refused_p99_ms": _p99_ms(answers.refused),
        "without_retry_info": answers.without_retry_info,
        "failed": answers.failed,
        **_latency(answers),
    }


def _recovery(half: Answers, after: Answers, drain_s: float) -> dict[str, Any]:
    """Normal is what no second of the half load before was worse than; the first such second ends the recovery."""
    normal_ms, by_second = max(_p99_by_second(half)), _p99_by_second(after)
    wait_s = next((i for i, p99_ms in enumerate(by_second) if p99_ms <= normal_ms), len(by_second))
    return {"normal_p99_ms": normal_ms, "p99_ms_by_second": by_second, "seconds": round(drain_s + wait_s, 1)}


def _latency(answers: Answers) -> dict[str, float]:
    took = [took for _, took in answers.accepted]
    return {"p50_ms": round(statistics.median(took or [0.0]) * 1000, 1), "p99_ms": _p99_ms(answers.accepted)}


def _p99_by_second(answers: Answers) -> list[float]:
    seconds: dict[int, list[tuple[float, float]]] = {}
    for call in answers.accepted:
        seconds.setdefault(int(call[0]), []).append(call)
    return [_p99_ms(seconds[second]) for second in sorted(seconds)]


def _p99_ms(calls: Calls) -> float:
    took = [took for _, took in calls]
    return round(statistics.quantiles(took, n=100, method="inclusive")[98] * 1000, 1) if len(took) > 1 else 0.0
