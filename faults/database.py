"""The PostgreSQL of a run: crashed and started again at will; each seed has two databases of its own on it."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import psycopg
from psycopg import sql

from shared.embedded import EmbeddedPostgres
from shared.migrations import migrate

PACKAGES = {"orders": "order_service", "payments": "payment_service"}
# Before recovery PostgreSQL syncs every file, one by one, or the file system at once.
SETTINGS = {
    "max_connections": "120",
    "max_wal_size": "256MB",
    "log_checkpoints": "off",
    "recovery_init_sync_method": "syncfs",
}
USER = "pgserver"  # PostgreSQL does not run as root; the embedded one makes this user
LIMIT_S = 60.0
LOOK_S = 0.01


class Postgres:
    """The embedded server, taken over: it is a child of this process, so that its end is seen."""

    def __init__(self, folder: Path) -> None:
        embedded = EmbeddedPostgres(folder)
        for name, package in PACKAGES.items():
            migrate(package, embedded.create(f"template_{name}"))
        self.data = self._first = folder.resolve() / "postgres"
        self._url = embedded.url("DATABASE")
        self._command = psutil.Process(self._postmaster()).cmdline()
        self.set(SETTINGS)
        embedded.close()
        self._process: subprocess.Popen[bytes] | None = None
        self.socket = ""
        self.environment: Mapping[str, str] = {}  # of its processes, beside our own

    async def start(self) -> float:
        """Start it, again after a crash; how many seconds until it took a connection."""
        begun = time.monotonic()
        self._process = self._launch(self.data)
        while not await self.answers():
            if time.monotonic() - begun > LIMIT_S:
                raise RuntimeError(f"PostgreSQL does not start; see {self.data / 'log'}")
            await asyncio.sleep(LOOK_S)
        self.socket = str(next(self.data.glob(".s.PGSQL.*[0-9]")))
        return time.monotonic() - begun

    async def restart(self, environment: Mapping[str, str]) -> None:
        """Fast shutdown, and a start with that environment."""
        assert self._process is not None  # noqa: S101 - it was started
        self._process.send_signal(signal.SIGINT)
        await asyncio.to_thread(self._process.wait)
        self.environment = environment
        await self.start()

    async def crash(self, number: signal.Signals) -> None:
        """SIGKILL of all its processes at once, or SIGQUIT: "immediate shutdown", with no more care."""
        if self._process is None or not self.running:
            return  # it is down already
        postmaster = psutil.Process(self._process.pid)
        postmaster.suspend()  # so that it has no more children than these
        everyone = [postmaster, *postmaster.children(recursive=True)]
        if number is signal.SIGKILL:
            for process in everyone:
                _signal(process, signal.SIGKILL)
        else:
            postmaster.resume()
            postmaster.send_signal(number)
        while self._process.poll() is None or any(_alive(process.pid) for process in everyone[1:]):
            await asyncio.sleep(LOOK_S)

    def freeze(self, on: bool) -> None:
        """SIGSTOP or SIGCONT for all of its processes."""
        assert self._process is not None  # noqa: S101
        postmaster = psutil.Process(self._process.pid)
        for process in [postmaster, *postmaster.children(recursive=True)]:
            _signal(process, signal.SIGSTOP if on else signal.SIGCONT)

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process is not None and self._process.poll() is None

    async def answers(self) -> bool:
        """Whether it takes a connection now."""
        try:
            async with await psycopg.AsyncConnection.connect(self.plain("postgres"), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def create(self, name: str, kind: str, *, tablespace: str = "pg_default") -> str:
        """A migrated database of that kind, `orders` or `payments`; its URL."""
        query = sql.SQL("CREATE DATABASE {} TEMPLATE {} TABLESPACE {}").format(
            sql.Identifier(name), sql.Identifier(f"template_{kind}"), sql.Identifier(tablespace)
        )
        self.execute("postgres", query)
        return self.url(name)

    def drop(self, name: str) -> None:
        """Whoever is still connected is thrown out."""
        self.execute("postgres", sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def url(self, name: str) -> str:
        """Straight to the server, past every link, as SQLAlchemy has it."""
        return self._url.replace("/DATABASE?", f"/{name}?")

    def plain(self, name: str) -> str:
        """The same as psycopg has it."""
        return re.sub(r"^postgresql\+psycopg:", "postgresql:", self.url(name))

    def execute(self, name: str, query: str | sql.Composed, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement; its rows, if it has any."""
        with psycopg.connect(self.plain(name), autocommit=True) as connection:
            cursor = connection.execute(query.encode() if isinstance(query, str) else query, values or None)
            return cursor.fetchall() if cursor.description else []

    def set(self, settings: Mapping[str, str]) -> None:
        """Settings of the server; those that need a restart wait for it."""
        for name, value in settings.items():
            self.execute("postgres", f"ALTER SYSTEM SET {name} = '{value}'")
        self.execute("postgres", "SELECT pg_reload_conf()")

    def close(self) -> None:
        """Fast shutdown."""
        if self._process is not None and self.running:
            self.freeze(False)
            self._process.send_signal(signal.SIGINT)
            self._process.wait()

    def _launch(self, data: Path) -> subprocess.Popen[bytes]:
        """The server of a folder."""
        command = [part.replace(str(self._first), str(data)) for part in self._command]
        with (data / "log").open("ab") as log:
            return subprocess.Popen(
                command, cwd=data, env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, **as_user(),
            )  # fmt: skip

    def _postmaster(self) -> int:
        return int((self.data / "postmaster.pid").read_text().splitlines()[0])


def as_user() -> dict[str, Any]:
    """How to start what does not run as root."""
    return {"user": USER, "extra_groups": []} if os.geteuid() == 0 else {}


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):  # a session that has ended meanwhile
        process.send_signal(number)


def _alive(pid: int) -> bool:
    """Whether it runs; one that nobody has waited for yet does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
