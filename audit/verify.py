"""The audit: every check, over one moment of both databases."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from audit.both import compare
from audit.check import NAMED, Finding, run
from audit.checks import IN_ORDERS, IN_PAYMENTS
from audit.checks.guards import COUNTS
from audit.databases import Connection, Cut, cut
from audit.seals import Chain, check_chain

# With both services up nothing takes longer (I16).
OVERDUE_S = 30.0
TABLES = (
    "payments", "unconfirmed", "transfers", "entries", "accounts", "tickets", "corrections", "history", "requests",
)  # fmt: skip
Item = Finding | Chain


@dataclass(frozen=True, slots=True)
class Work:
    """How much there is to do, for a progress bar: rows that are streamed, and one for each query."""

    rows: dict[str, int]

    @property
    def steps(self) -> int:
        """The sum of it."""
        streamed = self.rows["orders"] + self.rows["transfers"] + self.rows["history"]
        return streamed + sum(self.rows[check.of] for check in (*IN_PAYMENTS, *IN_ORDERS))


def verify(
    urls: dict[str, str],
    *,
    overdue_s: float = OVERDUE_S,
    name_at_most: int | None = NAMED,
    begin: Callable[[Work], None] = lambda _: None,
    advance: Callable[[int], None] = lambda _: None,
) -> Iterator[Item]:
    """What each check found, as it finds it. Raises StartupError when a database can't be reached.

    `overdue_s` is how long a step may stay unfinished; 0 when everything must be at rest. Of each check so many
    offenders are named, all of them with None; all are counted.
    """
    with cut(urls) as both:
        work = Work(_count(both))
        begin(work)
        yield from _queries(both, work, overdue_s, name_at_most, advance)
        yield from compare(both, work.rows, advance, name_at_most)
        for name in ("transfers", "history"):
            yield check_chain(both.payments, name, work.rows[name], advance, name_at_most)


def finding_of(item: Item) -> Finding:
    """The finding that an item is, or has."""
    return item.finding if isinstance(item, Chain) else item


def _queries(
    both: Cut, work: Work, overdue_s: float, name_at_most: int | None, advance: Callable[[int], None]
) -> Iterator[Finding]:
    for connection, checks in ((both.payments, IN_PAYMENTS), (both.orders, IN_ORDERS)):
        for check in checks:
            yield run(connection, check, work.rows[check.of], overdue_s, name_at_most)
            advance(work.rows[check.of])


def _count(both: Cut) -> dict[str, int]:
    counts = {table: _rows_of(both.payments, table) for table in TABLES}
    return {**counts, "orders": _rows_of(both.orders, "orders"), **COUNTS}


def _rows_of(connection: Connection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()  # noqa: S608 - a constant
    return int(row[0]) if row else 0
