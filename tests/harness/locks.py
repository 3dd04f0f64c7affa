"""Rows that others have to wait for, and knowing that somebody does."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.harness.postgres import raw, rows

WAITERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@contextmanager
def held(url: str, lock: str) -> Iterator[psycopg.Connection]:
    """Whoever wants what `lock` locks has to wait until the end of the block."""
    with psycopg.connect(raw(url)) as connection:
        connection.execute(lock.encode())
        yield connection


async def somebody_waits(url: str) -> None:
    """Until a session of that database waits for a lock."""
    deadline = time.monotonic() + 20
    while not rows(url, WAITERS)[0][0]:
        assert time.monotonic() < deadline, "nobody came to wait for the lock"
        await asyncio.sleep(0.02)
