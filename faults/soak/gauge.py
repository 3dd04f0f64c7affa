"""What each service holds at a moment: descriptors, tasks, threads, memory; sessions, transactions, locks."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import psutil  # type: ignore[import-untyped]
import psycopg

from faults.processes import Service
from faults.stage import Stage

Key: TypeAlias = tuple[str, str]  # whose, and what
MIB = 2**20
LOOK_S = 0.1
SERVICES = ("payment_service", "order_service")
OF_A_PROCESS = ("fds", "tasks", "threads", "rss_mib")
OF_SESSIONS = ("connections", "transactions", "advisory", "locks")
# Of a transaction's locks the one on its own virtual id says nothing. A locked row shows as the transaction's id, and
# as a tuple while somebody waits for it.
SESSIONS = """
    SELECT a.application_name, count(DISTINCT a.pid), count(DISTINCT a.pid) FILTER (WHERE a.xact_start IS NOT NULL),
           count(l.pid) FILTER (WHERE l.locktype = 'advisory'),
           count(l.pid) FILTER (WHERE l.locktype NOT IN ('advisory', 'virtualxid'))
      FROM pg_stat_activity a LEFT JOIN pg_locks l ON l.pid = a.pid
     WHERE a.datname = ANY (%s) AND a.application_name = ANY (%s)
     GROUP BY a.application_name
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """One moment. What could not be had, since it was down or stopped, is not there."""

    at_s: float
    values: Mapping[Key, float]

    def total(self, what: str) -> float | None:
        """Of all services; None when it could not be had from one of them."""
        of = SERVICES if what in OF_SESSIONS else {who for who, _ in self.values if who not in SERVICES}
        found = [self.values.get((who, what)) for who in of]
        known = [value for value in found if value is not None]
        return sum(known) if known and len(known) == len(found) else None


class Gauge:
    """Looks at the processes of a stage, and at their sessions in `databases` by a connection of its own."""

    def __init__(self, stage: Stage, url: str, databases: list[str]) -> None:
        self.samples: list[Sample] = []
        self._url, self._databases = url, databases
        self._services = {f"{kind}_service-{i}": one for kind, of in stage.services.items() for i, one in enumerate(of)}
        links = (stage.links[name] for name in stage.shape.database())
        self._database_ports = {int(link.address.rpartition(":")[2]) for link in links}
        self._began = time.monotonic()

    async def look(self) -> Sample:
        """The present moment."""
        found = await asyncio.gather(
            *(self._of_process(who, one) for who, one in self._services.items()), self._sessions()
        )
        values = {key: value for one in found for key, value in one.items()}
        return Sample(time.monotonic() - self._began, values)

    async def watch(self, every_s: float) -> None:
        """Keep what is seen, until cancelled."""
        self._began = time.monotonic()
        while True:
            self.samples.append(await self.look())
            await asyncio.sleep(every_s)

    async def rest(self, window_s: float) -> dict[Key, float]:
        """The lowest of each within a while: now and then a service at rest does look whether there is work."""
        until = time.monotonic() + window_s
        lowest: dict[Key, float] = {}
        while time.monotonic() < until:
            for key, value in (await self.look()).values.items():
                lowest[key] = min(value, lowest.get(key, value))
            await asyncio.sleep(LOOK_S)
        return lowest

    async def _sessions(self) -> dict[Key, float]:
        try:
            async with await psycopg.AsyncConnection.connect(self._url, connect_timeout=2) as connection:
                found = await connection.execute(SESSIONS.encode(), [self._databases, list(SERVICES)])
                rows = {row[0]: row[1:] for row in await found.fetchall()}
        except psycopg.OperationalError:
            return {}  # it is down, or full: that is one of the faults
        nothing = (0,) * len(OF_SESSIONS)
        return {
            (who, what): value
            for who in SERVICES
            for what, value in zip(OF_SESSIONS, rows.get(who, nothing), strict=True)
        }

    async def _of_process(self, who: str, service: Service) -> dict[Key, float]:
        tasks = await service.child.tasks()
        try:
            process = psutil.Process(service.child.pid)
            with process.oneshot():
                # Those of its pools come and go with the pools, and are counted as sessions.
                tcp = process.net_connections("tcp")
                pooled = sum(bool(one.raddr) and one.raddr.port in self._database_ports for one in tcp)
                found = {"fds": process.num_fds() - pooled, "threads": process.num_threads()}
                found["rss_mib"] = process.memory_info().rss / MIB
        except psutil.NoSuchProcess:
            return {}
        if tasks is not None:
            found["tasks"] = tasks
        return {(who, what): value for what, value in found.items()}
