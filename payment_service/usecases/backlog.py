"""Looks at what is left to do every few seconds, off the hot path, and tells it to whoever reads the metrics."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass

import structlog
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from payment_service.domain.seals import Chain
from payment_service.storage import backlog
from payment_service.storage.payments import by_keys_alone
from shared.database import Connection, ContendedError, Database
from shared.errors import PayonceError
from shared.telemetry.metrics import REGISTRY

INTERVAL_S = 5.0
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Seen:
    """What was left at a moment (monotonic)."""

    unconfirmed: backlog.Left
    corrections: backlog.Left
    unsealed: dict[Chain, int]
    at: float


class Backlog(Collector):
    """One in every instance; each tells of the same tables, so that queries take the greatest, not the sum."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: Seen | None = None

    async def run(self) -> None:
        """For as long as the service runs. While the database can't be asked, what is left there grows older."""
        REGISTRY.register(self)
        try:
            while True:
                try:
                    await self.look()
                except (PayonceError, ContendedError) as error:
                    log.warning("backlog.again", error=repr(error))
                except Exception:
                    log.exception("backlog.trouble")  # never silent, never the end of the loop
                await asyncio.sleep(INTERVAL_S)
        finally:
            REGISTRY.unregister(self)

    async def look(self) -> None:
        """Once. Raises as `Database.transact` does."""

        async def work(connection: Connection) -> Seen:
            number, parked = await backlog.unconfirmed(connection)
            corrections = await backlog.corrections(connection)
            unsealed = {chain: await backlog.unsealed(connection, chain) for chain in Chain}
            await by_keys_alone(connection)
            oldest_s = await backlog.oldest_unconfirmed(connection) if number else 0.0
            return Seen(backlog.Left(number, oldest_s, parked), corrections, unsealed, time.monotonic())

        self._seen = await self._database.transact(work, name="backlog")

    def collect(self) -> Iterator[Metric]:
        """Nothing before the first look: that there is nothing left is not known then."""
        if (seen := self._seen) is None:
            return
        since_s = time.monotonic() - seen.at
        yield _gauge("payonce_backlog_look_age_seconds", "Time since the numbers of the backlog were read.", since_s)
        yield _gauge("payonce_unconfirmed", "Payments whose order is not known to be PAID.", seen.unconfirmed.number)
        yield _gauge(
            "payonce_unconfirmed_oldest_age_seconds", "Since the charge of the oldest of them; 0 without any.",
            seen.unconfirmed.oldest_s + since_s if seen.unconfirmed.number else 0,
        )  # fmt: skip
        yield _gauge(
            "payonce_unconfirmed_parked", "Those of them asked about for half a minute, in vain.",
            seen.unconfirmed.parked,
        )  # fmt: skip
        yield _gauge(
            "payonce_corrections_unfinished", "Refunds, reversals and voids begun and not done.",
            seen.corrections.number,
        )  # fmt: skip
        yield _gauge(
            "payonce_corrections_oldest_age_seconds", "Since the oldest of them was begun; 0 without any.",
            seen.corrections.oldest_s + since_s if seen.corrections.number else 0,
        )  # fmt: skip
        unsealed = GaugeMetricFamily("payonce_unsealed", "Positions not yet in the hash chain.", labels=["chain"])
        for chain, count in seen.unsealed.items():
            unsealed.add_metric([chain], count)
        yield unsealed


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)
