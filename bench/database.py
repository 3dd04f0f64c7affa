"""The embedded PostgreSQL of a benchmark: durable, with room for what is measured."""

import contextlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from bench.processes import cpu_s, postmaster
from shared.embedded import EmbeddedPostgres

# What an operator sets before anything else. Durability stays as it comes: fsync and synchronous_commit are on.
SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "8GB", "max_connections": "200", "log_line_prefix": "%d|%p|"}
SHOWN = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "wal_level", "shared_buffers")


class Postgres:
    """A server whose files are in `folder`. Every figure's databases are on it."""

    def __init__(self, folder: Path) -> None:
        self._server = EmbeddedPostgres(folder)
        for name, value in SETTINGS.items():
            self.execute("postgres", f"ALTER SYSTEM SET {name} = '{value}'")
        self._server.close()
        self._server = EmbeddedPostgres(folder)  # some settings need a start
        self._data = folder.resolve() / "postgres"
        self._kept: dict[str, psycopg.Connection] = {}
        self.settings = {name: self.value("postgres", f"SHOW {name}") for name in SHOWN}
        if self.settings["fsync"] != "on" or self.settings["synchronous_commit"] != "on":
            raise RuntimeError("a figure without fsync says nothing")

    def create(self, name: str) -> str:
        """A database; its URL."""
        return self._server.create(name)

    def plain_url(self, name: str) -> str:
        """The database's URL as libpq has it."""
        return re.sub(r"^postgresql\+psycopg:", "postgresql:", self._server.url(name))

    def rows(self, name: str, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What a query finds. On a connection that is kept: opening one costs as much as many payments."""
        if name not in self._kept:
            self._kept[name] = psycopg.connect(self.plain_url(name), autocommit=True)
        return self._kept[name].execute(query.encode(), values).fetchall()

    def value(self, name: str, query: str) -> Any:
        """The one value that a query finds."""
        return self.rows(name, query)[0][0]

    def execute(self, name: str, *queries: str) -> None:
        """Run statements, each for itself."""
        with psycopg.connect(self.plain_url(name), autocommit=True) as connection:
            for query in queries:
                connection.execute(query.encode())

    def bytes_of(self, name: str) -> dict[str, int]:
        """What each table takes on disk, with its indexes."""
        query = """SELECT relname::text, pg_total_relation_size(oid) FROM pg_class
                    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"""
        return {table: int(size) for table, size in self.rows(name, query)}

    def cpu_s(self) -> float:
        """CPU seconds of the server, with every process that it has or had."""
        return cpu_s(postmaster(self._data))

    @property
    def log(self) -> Path:
        """Where the server writes its log."""
        return self._data / "log"

    def close(self) -> None:
        for connection in self._kept.values():
            connection.close()
        with contextlib.suppress(psycopg.Error):
            self._server.close()
