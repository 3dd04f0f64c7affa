"""The example shop of docs/examples, as a process; also with a line of it broken."""

import asyncio
import contextlib
import os
import sqlite3
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from tests.harness.services import ROOT
from tests.server.standard import free_port

EXAMPLES = ROOT / "docs" / "examples"
ENV = {**os.environ, "PYTHONPATH": str(ROOT)}


class Shop:
    """An order system with a table of its own, which the tests write as its owner would."""

    def __init__(self, source: Path, file: Path) -> None:
        self._source = source
        self._file = file
        self.address = f"127.0.0.1:{free_port()}"

    async def start(self) -> None:
        """Listening."""
        words = (str(self._source), str(self._file), self.address)
        self._process = await asyncio.create_subprocess_exec(sys.executable, *words, env=ENV, stdout=PIPE)
        assert self._process.stdout
        said = await asyncio.wait_for(self._process.stdout.readline(), 30)
        assert said.decode().strip() == f"shop listening on {self.address}"

    async def kill(self) -> None:
        """SIGKILL."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    def sell(self, *numbers: str, cents: int = 1_000, buyer: str = "alice", shop: str = "shop") -> None:
        rows = [(number, buyer, buyer, shop, cents) for number in numbers]
        self._write("INSERT INTO purchases (number, buyer, wallet, shop, cents) VALUES (?, ?, ?, ?, ?)", rows)

    def cancel(self, number: str) -> bool:
        """Whether it was still open."""
        return self._write("UPDATE purchases SET state = 'cancelled' WHERE number = ? AND state = 'open'", [(number,)])

    def state(self, number: str) -> str:
        with contextlib.closing(sqlite3.connect(self._file)) as database:
            return str(database.execute("SELECT state FROM purchases WHERE number = ?", [number]).fetchone()[0])

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> bool:
        with contextlib.closing(sqlite3.connect(self._file, timeout=10)) as database, database:
            return database.executemany(statement, rows).rowcount > 0


@contextlib.asynccontextmanager
async def shop(folder: Path, instead: tuple[str, str] | None = None) -> AsyncIterator[Shop]:
    """Running; with `instead` the first text is replaced by the second in what it runs."""
    source = EXAMPLES / "shop.py"
    if instead:
        text = source.read_text()
        assert text.count(instead[0]) == 1
        source = folder / "broken_shop.py"
        source.write_text(text.replace(*instead))
    running = Shop(source, folder / "shop.db")
    await running.start()
    try:
        yield running
    finally:
        await running.kill()


async def checked(address: str, *order_ids: str) -> tuple[int, str]:
    """Exit status and output of check_order_service.py."""
    words = (str(EXAMPLES / "check_order_service.py"), address, *order_ids)
    process = await asyncio.create_subprocess_exec(sys.executable, *words, env=ENV, stdout=PIPE)
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, said.decode()
