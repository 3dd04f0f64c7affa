"""The same payments without the services, for comparison: SQL by hand in pgbench, and a DBOS workflow.

One database has the tables of both services, from their own migrations, each in a schema.
"""

import re
import resource
import subprocess
from pathlib import Path

from sqlalchemy.engine import make_url

from bench import fill
from bench.database import Postgres
from bench.load import Round
from bench.processes import Client, cpu_s
from bench.sample import Figure, Sample
from bench.shop import order_id_sql
from shared.migrations import migrate

DATABASE = "flow"
SCRIPT = Path(__file__).with_name("flow.sql")
CLIENTS = 32
SECONDS = 2
RESERVE = 20_000
DBOS_IN_FLIGHT = 16  # more only waits
DBOS_WINDOW_S = 3.0


class Flow:
    """The database, with customers and merchants; orders are made as they are needed."""

    def __init__(self, postgres: Postgres) -> None:
        self.postgres = postgres
        self.url = postgres.create(DATABASE)
        for schema, package in (("orders", "order_service"), ("payments", "payment_service")):
            postgres.execute(DATABASE, f"CREATE SCHEMA {schema}")
            migrate(package, _in_schema(self.url, schema))
        postgres.execute(DATABASE, f"ALTER DATABASE {DATABASE} SET search_path = orders, payments")
        fill.accounts(postgres, DATABASE, past=0)
        self._made: dict[str, int] = {}

    def make(self, series: str, used: int) -> None:
        """See that there are unpaid orders after the first `used`."""
        made = self._made.get(series, 0)
        if made < used + RESERVE:
            self._made[series] = used + 2 * RESERVE
            fill.orders(self.postgres, DATABASE, series, range(made, used + 2 * RESERVE))


def pgbench(flow: Flow, name: str, series: str, folder: Path) -> Figure:
    """The flow in pgbench, with prepared statements."""
    sequence = f"next_{series}"
    flow.postgres.execute(DATABASE, f"CREATE SEQUENCE orders.{sequence} MINVALUE 0 START 0")
    script = folder / f"{series}.sql"
    order_id = order_id_sql(series, "next.n")
    script.write_text(SCRIPT.read_text().replace("{sequence}", sequence).replace("{order_id}", order_id))
    programs = flow.postgres.value(DATABASE, "SELECT setting FROM pg_config WHERE name = 'BINDIR'")
    command = [
        f"{programs}/pgbench",
        "--no-vacuum",
        "--protocol=prepared",
        f"--client={CLIENTS}",
        "--jobs=2",
        f"--time={SECONDS}",
        f"--file={script}",
    ]

    url = flow.postgres.plain_url(DATABASE)

    def run() -> Sample:
        last, called = flow.postgres.rows(DATABASE, f"SELECT last_value, is_called FROM orders.{sequence}")[0]
        flow.make(series, last + called)
        before = (_cpu_of_programs_s(), flow.postgres.cpu_s())
        ended = subprocess.run([*command, url], check=False, capture_output=True, text=True)
        if ended.returncode != 0:
            raise RuntimeError(ended.stderr)
        after = (_cpu_of_programs_s(), flow.postgres.cpu_s())
        return Sample(
            rate=_number(r"tps = ([\d.]+)", ended.stdout),
            done=int(_number(r"actually processed: (\d+)", ended.stdout)),
            cpu_s={"client": after[0] - before[0], "postgres": after[1] - before[1]},
        )

    return Figure(name=name, in_flight=CLIENTS, run=run)


def dbos(flow: Flow, client: Client) -> Figure:
    """The three steps as a DBOS workflow; its process is its own client."""
    used = 0

    def run() -> Sample:
        nonlocal used
        flow.make("dbos", used)
        before = (cpu_s(client.process.pid), flow.postgres.cpu_s())
        asked = Round(
            kind="dbos",
            address="",
            in_flight=DBOS_IN_FLIGHT,
            series="dbos",
            first=used,
            limit=RESERVE,
            window_s=DBOS_WINDOW_S,
        )
        measured = client.run(asked)
        used += measured.done
        after = (cpu_s(client.process.pid), flow.postgres.cpu_s())
        return Sample(
            rate=measured.rate,
            done=measured.done,
            p50_ms=measured.p50_ms,
            p99_ms=measured.p99_ms,
            cpu_s={"client": after[0] - before[0], "postgres": after[1] - before[1]},
        )

    return Figure(name="dbos", in_flight=DBOS_IN_FLIGHT, run=run)


def _cpu_of_programs_s() -> float:
    """CPU seconds of programs that we ran and that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _in_schema(url: str, schema: str) -> str:
    options = {"options": f"-csearch_path={schema}"}
    return make_url(url).update_query_dict(options).render_as_string(hide_password=False)


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    if not found:
        raise RuntimeError(text)
    return float(found[1])
