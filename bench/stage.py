"""A stage: two databases and the two services on them, with customers, merchants and orders."""

import time
from collections.abc import Mapping
from typing import IO

from bench import fill
from bench.database import Postgres
from bench.processes import Server, cpu_s, rss_mib
from shared.migrations import migrate

CHUNK = 50_000
QUIET_LIMIT_S = 3600.0
UNFINISHED = """
    SELECT EXISTS (SELECT FROM unconfirmed)
        OR EXISTS (SELECT FROM corrections WHERE completed_at IS NULL)
"""
UNSEALED = """
        OR (SELECT max(position) FROM transfers) > (SELECT position FROM seal_heads WHERE chain = 'transfers')
        OR (SELECT max(position) FROM history) > (SELECT position FROM seal_heads WHERE chain = 'history')
"""


class Stage:
    """`past` payments are in place before the first one."""

    def __init__(
        self,
        postgres: Postgres,
        name: str,
        log: IO[str],
        *,
        past: int = 0,
        settings: Mapping[str, str] | None = None,
        workers: int = 1,
    ) -> None:
        self.name = name
        self.postgres = postgres
        self.orders_database, self.payments_database = f"{name}_orders", f"{name}_payments"
        urls = {name: postgres.create(name) for name in (self.orders_database, self.payments_database)}
        self.urls = dict(zip(("orders", "payments"), urls.values(), strict=True))
        migrate("order_service", self.urls["orders"])
        migrate("payment_service", self.urls["payments"])
        fill.accounts(postgres, self.payments_database, past)
        if past:
            fill.past(postgres, self.orders_database, self.payments_database, past)
        self._made: dict[str, int] = {}
        self.used: dict[str, int] = {}
        self._order = Server(
            "order_service",
            log,
            {"ORDER_DATABASE_URL": self.urls["orders"], "ORDER_LISTEN": "127.0.0.1:0", **(settings or {})},
        )
        given = {
            "PAYMENT_DATABASE_URL": self.urls["payments"],
            "PAYMENT_LISTEN": "127.0.0.1:0",
            "PAYMENT_ORDER_SERVICE": self._order.address,
        }
        self._payment = Server("payment_service", log, {**given, **(settings or {})}, ["--workers", str(workers)])
        self.address = self._payment.address

    def make(self, series: str, count: int) -> int:
        """See that there are `count` unused orders (or tickets) of the series; the number of the first."""
        first = self.used.setdefault(series, 0)
        made = self._made.get(series, 0)
        if made < first + count:
            until = first + max(count, CHUNK)
            if series == "ticket":
                fill.tickets(self.postgres, self.payments_database, range(made, until))
            else:
                fill.orders(self.postgres, self.orders_database, series, range(made, until))
            self._made[series] = until
        return first

    def quiet(self, *, sealed: bool = True) -> None:
        """Wait until every payment is confirmed, and sealed: what a round left behind is not the next one's."""
        query = UNFINISHED + (UNSEALED if sealed else "")
        until = time.monotonic() + QUIET_LIMIT_S
        while self.postgres.value(self.payments_database, query):
            if time.monotonic() > until:
                raise RuntimeError(f"{self.name} does not come to rest")
            time.sleep(0.1)

    def cpu_s(self) -> dict[str, float]:
        """CPU seconds of both services."""
        return {"payment": cpu_s(self._payment.process.pid), "order": cpu_s(self._order.process.pid)}

    def rss_mib(self) -> float:
        """Memory of payment_service."""
        return rss_mib(self._payment.process.pid)

    def close(self) -> None:
        self._payment.process.close()
        self._order.process.close()
