"""The sync client is what `make client` makes of the async one; importing either brings nothing of a server."""

import subprocess
import sys
from pathlib import Path

from tests.client.generate import CLIENT, generate

OF_SERVERS = ("alembic", "audit", "order_service", "payment_service", "psycopg", "pydantic_settings", "sqlalchemy")


def test_the_sync_client_is_up_to_date(tmp_path: Path) -> None:
    generate(tmp_path)
    assert written(tmp_path / "_sync") == written(CLIENT / "_sync")


def written(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.glob("*.py")}


def test_importing_the_client_brings_nothing_of_a_server() -> None:
    script = "import sys, payonce.client; print(*{name.partition('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(run.stdout.split()).isdisjoint(OF_SERVERS)
    assert "payonce" in run.stdout.split()
