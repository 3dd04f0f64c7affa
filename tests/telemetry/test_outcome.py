"""`payonce verify --metrics`: Prometheus learns what the audit found, and when."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
from prometheus_client.parser import text_string_to_metric_families

from tests.harness.postgres import Pair, raw


def verified(pair: Pair, path: Path) -> tuple[int, dict[str, float]]:
    """The exit status, and what stands in the file."""
    urls = {"ORDER_DATABASE_URL": pair.orders_url, "PAYMENT_DATABASE_URL": pair.payments_url}
    command = [sys.executable, "-m", "payonce.cli", "verify", "--metrics", str(path)]
    ended = subprocess.run(command, env={**os.environ, **urls}, capture_output=True, text=True, check=False)
    families = text_string_to_metric_families(path.read_text()) if path.exists() else ()
    return ended.returncode, {s.name: s.value for family in families for s in family.samples}


def test_what_was_found_is_told(pair: Pair, tmp_path: Path) -> None:
    path = tmp_path / "payonce_audit.prom"
    began = time.time()
    status, told = verified(pair, path)
    assert (status, told["payonce_audit_passed"]) == (0, 1)
    assert began <= told["payonce_audit_timestamp_seconds"] <= time.time()
    with psycopg.connect(raw(pair.payments_url), autocommit=True) as connection:
        connection.execute("DROP TRIGGER entries_append_only ON entries")
    status, told = verified(pair, path)
    assert (status, told["payonce_audit_passed"]) == (1, 0)


def test_an_audit_that_could_not_be_made_tells_nothing(tmp_path: Path) -> None:
    """The last outcome stays, grows old, and that is an alarm of its own."""
    nowhere = "postgresql+psycopg://postgres@127.0.0.1:1/none"
    path = tmp_path / "payonce_audit.prom"
    assert verified(Pair(nowhere, nowhere), path) == (2, {})
