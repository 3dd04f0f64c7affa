"""I20: a session that waits, idles in a transaction, or is one too many, is found."""

import asyncio

import psycopg
import pytest

from faults import baseline
from faults.planned import Shape
from tests.harness.postgres import Pair, raw

SHAPE = Shape(payments=1, orders=1, customers=1, merchants=1)
SETTINGS = {"PAYMENT_LANES": "1", "PAYMENT_POOL_SIZE": "1", "ORDER_POOL_SIZE": "1"}


async def found(pair: Pair) -> list[str]:
    url = raw(pair.payments_url)
    name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    return [violation.text for violation in await baseline.baseline(url, [str(name)], SHAPE, SETTINGS)]


async def test_what_was_left_behind_is_found(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "LIMIT_S", 0.3)
    assert await found(pair) == []
    as_service = {"application_name": "order_service"}
    sessions = [psycopg.connect(raw(pair.payments_url), **as_service) for _ in range(3)]  # type: ignore[arg-type]
    assert [text.split(",")[0] for text in await found(pair)] == ["I20 3 sessions of order_service"]
    sessions[0].execute("SELECT 1")
    await asyncio.sleep(1.1)  # by when it counts as left idle
    assert "I20 1 sessions idle in a transaction" in [text.split(",")[0] for text in await found(pair)]
    for session in sessions:
        session.close()
    assert await found(pair) == []
