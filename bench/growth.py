"""Whether payments stay as fast when many are there already, and what each takes on disk."""

import sys
import time
from collections.abc import Sequence
from typing import IO, Any

from bench import figures
from bench.database import Postgres
from bench.figures import FULL
from bench.processes import Client
from bench.sample import Figure
from bench.stage import Stage


class Growth:
    """A stage for each size of the past. They are measured side by side, after all of them are filled and sealed."""

    def __init__(self, postgres: Postgres, client: Client, log: IO[str], sizes: Sequence[int]) -> None:
        self._client = client
        self.stages: dict[int, Stage] = {}
        self._about: dict[int, dict[str, Any]] = {}
        for size in sizes:
            self.stages[size], seconds = _filled(postgres, log, size)
            self._about[size] = {**seconds, **_bytes_of(self.stages[size])}

    def figures(self) -> list[Figure]:
        """One for each size."""
        return [
            figures.pay(self._client, stage, f"pay_spread after {size:,}", "spread", FULL)
            for size, stage in self.stages.items()
        ]

    def results(self, results: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
        """The medians with the size of the past and of the disk."""
        measured = [results[figure.key] for figure in self.figures()]
        return [{"past": size, **one, **self._about[size]} for size, one in zip(self.stages, measured, strict=True)]

    def close(self) -> None:
        for stage in self.stages.values():
            stage.close()


def _filled(postgres: Postgres, log: IO[str], size: int) -> tuple[Stage, dict[str, float]]:
    start = time.monotonic()
    stage = Stage(postgres, f"after_{size}", log, past=size)
    stage.make("spread", figures.RESERVE)
    filled = time.monotonic()
    stage.quiet()
    sealed = time.monotonic()
    print(f"{size:,} payments: filled in {filled - start:.0f} s, sealed in {sealed - filled:.0f} s", file=sys.stderr)
    return stage, {"fill_s": round(filled - start, 1), "seal_s": round(sealed - filled, 1)}


def _bytes_of(stage: Stage) -> dict[str, Any]:
    payments = stage.postgres.value(stage.payments_database, "SELECT count(*) FROM payments")
    tables = stage.postgres.bytes_of(stage.payments_database)
    each = {table: round(size / payments, 1) for table, size in tables.items()}
    return {"bytes_a_payment": round(sum(tables.values()) / payments, 1), "bytes_a_payment_by_table": each}
