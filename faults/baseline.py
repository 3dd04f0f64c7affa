"""I20: when everything is quiet, no session waits for a lock or keeps a transaction open, and none was left behind."""

import asyncio
from collections.abc import Iterator, Mapping

import psycopg

from faults.checks.base import Violation
from faults.patience import Patience
from faults.planned import Shape

LIMIT_S = 10.0  # a session that was left idle in a transaction is ended by PostgreSQL after 5 s
LOOK_S = 0.1
TURN_S = 0.25
PINGS = 1  # the health check's own connection, one for each pool
COMPLETER = 4  # a payment_service's batches have so many connections more than two for each lane
SESSIONS = """
    SELECT count(*) FILTER (WHERE application_name = 'payment_service'),
           count(*) FILTER (WHERE application_name = 'order_service'),
           count(*) FILTER (WHERE wait_event_type = 'Lock'),
           count(*) FILTER (WHERE state LIKE 'idle in transaction%%' AND xact_start < now() - interval '1 second')
      FROM pg_stat_activity WHERE datname = ANY (%s)
"""


async def baseline(url: str, databases: list[str], shape: Shape, settings: Mapping[str, str]) -> list[Violation]:
    """Wait until the services' sessions are what their pools allow, and at rest; what is not so in the end."""
    patience = Patience(LIMIT_S, turn_s=TURN_S)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while True:
            found = await (await connection.execute(SESSIONS.encode(), [databases])).fetchone()
            assert found is not None  # noqa: S101 - it is one row
            wrong = list(_wrong(found, shape, settings))
            if not wrong or patience.over():
                return wrong
            await asyncio.sleep(LOOK_S)


def limits(shape: Shape, settings: Mapping[str, str]) -> dict[str, int]:
    """The most that is right, of payment_service's sessions, of order_service's, of those that wait or idle."""
    lanes, payments, orders = (
        int(settings[name]) for name in ("PAYMENT_LANES", "PAYMENT_POOL_SIZE", "ORDER_POOL_SIZE")
    )
    return {
        "sessions of payment_service": shape.payments * (2 * lanes + COMPLETER + PINGS + payments + PINGS),
        "sessions of order_service": shape.orders * (orders + PINGS),
        "sessions that wait for a lock": 0,
        "sessions idle in a transaction": 0,
    }


def _wrong(found: tuple[int, ...], shape: Shape, settings: Mapping[str, str]) -> Iterator[Violation]:
    for (what, limit), count in zip(limits(shape, settings).items(), found, strict=True):
        if count > limit:
            yield Violation(f"I20 {count} {what}, at most {limit} are right, {LIMIT_S:g} s after everything was quiet")
