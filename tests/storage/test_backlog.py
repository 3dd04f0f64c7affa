"""What is left to do: how many, how old, how many in vain; and read without looking at what is done."""

import psycopg
import pytest
from psycopg import Connection

from payment_service.domain.seals import Chain
from payment_service.storage import backlog
from shared.database import Database
from tests.harness.postgres import Postgres, raw

DONE = 20_000
# An old payment id, as of an authorization that was captured just now; the one of the oldest charge is younger.
CAPTURED, CHARGED, RECENT = (f"0000000{n}-0000-7000-8000-000000000000" for n in range(1, 4))
LEFT = [
    (CAPTURED, [("authorized", 86_400), ("captured", 10)], 0),
    (CHARGED, [("charged", 100)], backlog.PARKED_CHECKS),
    (RECENT, [("charged", 1)], backlog.PARKED_CHECKS - 1),
]


def line(connection: Connection, payment_id: str, event: str, age_s: float) -> None:
    connection.execute(
        "INSERT INTO history (subject, payment_id, event, actor, amount_minor, created_at)"
        " VALUES (%s, %s, %s, 'test', 1, now() - %s * interval '1 second')",
        [f"order:{payment_id}", payment_id, event, age_s],
    )


async def test_what_is_unconfirmed(postgres: Postgres) -> None:
    url = postgres.fresh("payments")
    database = Database(url, pool_size=1, application="test")
    assert await database.read(backlog.unconfirmed) == (0, 0)
    assert await database.read(backlog.oldest_unconfirmed) == 0
    with psycopg.connect(raw(url), autocommit=True) as connection:
        for payment_id, events, checks in LEFT:
            for event, age_s in events:
                line(connection, payment_id, event, age_s)
            insert = "INSERT INTO unconfirmed (subject, payment_id, checks) VALUES (%s, %s, %s)"
            connection.execute(insert, [f"order:{payment_id}", payment_id, checks])
    assert await database.read(backlog.unconfirmed) == (3, 1)
    assert 100 <= await database.read(backlog.oldest_unconfirmed) < 10_000  # since the charge, not the authorization
    await database.close()


async def test_nothing_that_is_done_is_looked_at(postgres: Postgres) -> None:
    """With many payments in the history, every statement gets by on indexes."""
    url = postgres.fresh("payments")
    with psycopg.connect(raw(url), autocommit=True) as connection:
        connection.execute(
            "INSERT INTO history (subject, payment_id, event, actor, amount_minor)"
            f" SELECT 'order:' || n, gen_random_uuid(), 'charged', 'test', 1 FROM generate_series(1, {DONE}) AS n"
        )
        line(connection, CHARGED, "charged", 5)
        connection.execute(
            "INSERT INTO unconfirmed (subject, payment_id) VALUES (%s, %s)", [f"order:{CHARGED}", CHARGED]
        )
        connection.execute("ANALYZE")
        values = {"limit": str(backlog.LOOKED_AT), "parked": str(backlog.PARKED_CHECKS)}
        for statement in (backlog.OLDEST, backlog.UNSEALED[Chain.HISTORY], backlog.CORRECTIONS):
            text = str(statement)
            for name, value in values.items():
                text = text.replace(f":{name}", value)
            plan = "\n".join(row[0] for row in connection.execute(f"EXPLAIN {text}".encode()))
            assert "Seq Scan on history" not in plan, plan


@pytest.mark.parametrize("chain", list(Chain))
async def test_what_is_unsealed(postgres: Postgres, chain: Chain) -> None:
    url = postgres.fresh("payments")
    database = Database(url, pool_size=1, application="test")
    assert await database.read(lambda connection: backlog.unsealed(connection, chain)) == 0
    if chain == Chain.HISTORY:
        with psycopg.connect(raw(url), autocommit=True) as connection:
            for _ in range(3):
                line(connection, CHARGED, "charged", 5)
        assert await database.read(lambda connection: backlog.unsealed(connection, chain)) == 3
    await database.close()
