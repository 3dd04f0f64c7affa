"""A PostgreSQL with a synchronous standby: one address, whichever of the two is the primary (F17)."""

import asyncio
import os
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import psycopg

from faults.database import LIMIT_S, LOOK_S, USER, Postgres, as_user

CURRENT = "current"
QUICKLY = {"wal_retrieve_retry_interval": "100ms"}  # one that was cut off comes back at once
SYNCHRONOUS = {"synchronous_standby_names": "*"}  # a commit is on both disks before it is answered
FLUSHED = "SELECT pg_current_wal_flush_lsn()::text"
STREAMS = "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming' AND flush_lsn >= %s::pg_lsn"
IN_STEP = STREAMS + " AND sync_state = 'sync'"


class Replicated(Postgres):
    """`current` leads to the primary's folder, and so to its socket: after a failover nobody has to be told."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._folder = folder.resolve()
        self._standby: subprocess.Popen[bytes] | None = None
        self._standby_data = self.data
        self._made = 0
        self._url = self._url.replace(_quoted(self.data), _quoted(self._folder / CURRENT))
        self._point_at(self.data)

    async def start(self) -> float:
        """As any. A standby finds it again by itself."""
        took_s = await super().start()
        self.socket = str(self._folder / CURRENT / Path(self.socket).name)
        return took_s

    async def attach(self) -> None:
        """A new standby; from now on no commit is answered without it."""
        self._made += 1
        data = self._standby_data = self._folder / f"standby-{self._made}"
        data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(data, USER)
        await asyncio.to_thread(self.set, QUICKLY)
        await self._copy(data)
        self._standby = self._launch(data)
        await self._until(STREAMS)
        await asyncio.to_thread(self.set, SYNCHRONOUS)
        await self.in_step()

    async def fail_over(self) -> None:
        """SIGKILL of the primary, and the standby takes its place: once it is in step, as operators have it."""
        await self.in_step()
        await self.crash(signal.SIGKILL)
        await self.promote()

    async def in_step(self) -> None:
        """Until the standby has all that is on the primary's disk now, and is waited for by every commit."""
        await self._until(IN_STEP)

    async def promote(self) -> None:
        """The standby takes the place of a primary that is dead."""
        url = self.plain("postgres").replace(_quoted(self._folder / CURRENT), _quoted(self._standby_data))
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as standby:
            await standby.execute("SELECT pg_promote()")
        old, self.data = self.data, self._standby_data
        self._process, self._standby = self._standby, None
        self._point_at(self.data)
        await asyncio.to_thread(shutil.rmtree, old)

    @property
    def standby(self) -> subprocess.Popen[bytes] | None:
        """Its process, if there is one."""
        return self._standby

    def close(self) -> None:
        """Fast shutdown of both."""
        if self._standby is not None:
            self._standby.send_signal(signal.SIGINT)
            self._standby.wait()
        super().close()

    async def _copy(self, data: Path) -> None:
        program = Path(self._command[0]).with_name("pg_basebackup")
        places = ["-D", str(data), "-h", str(self._folder / CURRENT)]
        command = [str(program), *places, "-U", "postgres", "-c", "fast", "-R", "--no-sync"]
        await asyncio.to_thread(self._run, command)  # uvloop starts nothing as another user
        for socket in data.glob(".s.PGSQL.*"):
            socket.unlink()  # the primary's lock on its socket, which is none on this one

    def _run(self, command: list[str]) -> None:
        with (self.data / "log").open("ab") as log:
            subprocess.run(command, cwd=self._folder, check=True, stderr=log, **as_user())

    async def _until(self, query: str) -> None:
        """All that is on the primary's disk now is on the standby's."""
        ((flushed,),) = await asyncio.to_thread(self.execute, "postgres", FLUSHED)
        async with asyncio.timeout(LIMIT_S):
            while not await asyncio.to_thread(self.execute, "postgres", query, [flushed]):
                await asyncio.sleep(LOOK_S)

    def _point_at(self, data: Path) -> None:
        fresh = self._folder / f"{CURRENT}.new"
        fresh.symlink_to(data)
        fresh.replace(self._folder / CURRENT)


class Twins:
    """Made when a seed first needs it: a server of its own, and its standby."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: Replicated | None = None

    async def get(self) -> Replicated:
        """It runs, and its standby is in step."""
        if self._made is None:
            self._folder.mkdir(mode=0o755)
            self._made = await asyncio.to_thread(Replicated, self._folder)
            await self._made.start()
            await self._made.attach()
        return self._made

    def close(self) -> None:
        """Fast shutdown, if it was ever needed."""
        if self._made is not None:
            self._made.close()


def _quoted(path: Path) -> str:
    """As a URL has it."""
    return quote(str(path), safe="")
