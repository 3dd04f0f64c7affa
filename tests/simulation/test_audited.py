"""The auditor, which shares no code with the services nor with the simulation, finds a run's tables in order.

Its checks are stricter than the simulation's own, and slower: so a few seeds are written into PostgreSQL and audited.
"""

import itertools

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from simulation.run import Result, run
from simulation.without import without
from tests.harness.audit import violations
from tests.harness.postgres import Pair, Postgres, raw

SEEDS = 12
NEVER_OVERDUE_S = 1e9  # simulated times are long past; that nothing is unfinished the run itself has checked


def written(pair: Pair, result: Result) -> None:
    """The run's rows, with their times and positions, past the guards."""
    for name, rows in result.tables.items():
        url = pair.orders_url if name == "orders" else pair.payments_url
        with psycopg.connect(raw(url)) as connection:
            connection.execute("SET session_replication_role = replica")
            for row in rows:
                query = sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
                    sql.Identifier(name),
                    sql.SQL(", ").join(map(sql.Identifier, row)),
                    sql.SQL(", ").join(sql.Placeholder() * len(row)),
                )
                connection.execute(query, [Jsonb(v) if isinstance(v, dict) else v for v in row.values()])


@pytest.mark.usefixtures("simulated")
def test_the_auditor_finds_nothing(postgres: Postgres) -> None:
    rich = (result for seed in itertools.count(1000) if len((result := run(seed, tell=True)).tables["payments"]) > 1)
    for result in itertools.islice(rich, SEEDS):
        pair = postgres.pair()
        written(pair, result)
        assert violations(pair, overdue_s=NEVER_OVERDUE_S) == {}, result.seed


@pytest.mark.usefixtures("simulated")
def test_the_auditor_finds_what_the_simulation_finds(postgres: Postgres) -> None:
    with without("order ends"):
        result = next(result for seed in range(600) if (result := run(seed, tell=True)).violations)
    pair = postgres.pair()
    written(pair, result)
    found = {name.split()[0] for name in violations(pair, overdue_s=NEVER_OVERDUE_S)}
    assert found & {line.split()[0] for line in result.violations}
