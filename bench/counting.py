"""How many statements, transactions and calls a payment costs, counted in PostgreSQL's own log.

The wheel has no pg_stat_statements. One round runs with every statement logged; its speed is no figure.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from bench.database import Postgres
from bench.load import Round
from bench.processes import Client
from bench.stage import Stage

RESERVE = 20_000
CHANGES = ("INSERT", "UPDATE", "DELETE")
# log_line_prefix is database|pid|, set by `bench.database`.
LINE = re.compile(r"(\w*)\|(\d+)\|LOG: +(?:execute [^:]*|statement): *(\S*) *(\S*)")


def count(client: Client, stage: Stage, series: str, in_flight: int) -> dict[str, Any]:
    """Per payment, over both databases: statements, transactions, those that write; and calls."""
    postgres = stage.postgres
    first = stage.make(series, RESERVE)
    stage.quiet()
    start = postgres.log.stat().st_size
    _log_statements(postgres, "all")
    asked = Round(kind="pay", address=stage.address, in_flight=in_flight, series=series, first=first, limit=RESERVE)
    done = client.run(asked).done
    stage.used[series] += done
    stage.quiet()
    _log_statements(postgres, "none")
    with postgres.log.open(errors="replace") as log:
        log.seek(start)
        counts = tally(log)
    orders, payments = stage.orders_database, stage.payments_database
    return {
        "payments": done,
        "statements": round(sum(counts[name, "statements"] for name in (orders, payments)) / done, 4),
        "transactions": round(sum(counts[name, "transactions"] for name in (orders, payments)) / done, 4),
        "commits": round(sum(counts[name, "commits"] for name in (orders, payments)) / done, 4),
        # Each call of order_service is one transaction there. The client's own call is one more.
        "rpcs": round(1 + counts[orders, "transactions"] / done, 4),
        "payments_in_a_batch": round(2 * done / max(counts[orders, "transactions"], 1), 1),
    }


def tally(log: Iterable[str]) -> Counter[tuple[str, str]]:
    """Statements, transactions (a statement alone is one) and commits by database. Pings don't count."""
    counts: Counter[tuple[str, str]] = Counter()
    open_in: set[str] = set()
    alone = ""  # the database of a statement that is a transaction by itself, while its verb is not known
    for line in log:
        if not (found := LINE.match(line)):
            if alone and (words := line.split()):
                counts[alone, "commits"] += words[0] in CHANGES
                alone = ""
            continue
        alone = ""
        database, pid, verb, what = found.groups()
        if (verb, what) == ("SELECT", "1"):
            continue
        counts[database, "statements"] += 1
        if verb == "BEGIN":
            open_in.add(pid)
        elif verb in ("COMMIT", "ROLLBACK"):
            open_in.discard(pid)
            counts[database, "transactions"] += 1
            counts[database, "commits"] += verb == "COMMIT"
        elif pid not in open_in:
            counts[database, "transactions"] += 1
            counts[database, "commits"] += verb in CHANGES
            alone = "" if verb else database  # a text that begins on the next line
    return counts


def _log_statements(postgres: Postgres, which: str) -> None:
    postgres.execute("postgres", f"ALTER SYSTEM SET log_statement = '{which}'", "SELECT pg_reload_conf()")
    # A session learns of it between two statements; one more, on each, sees it.
    while postgres.value("postgres", "SHOW log_statement") != which:
        pass
