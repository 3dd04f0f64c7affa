"""Both databases as they stood at one moment."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import psycopg
from pydantic_settings import BaseSettings
from sqlalchemy.engine import make_url

from shared.config import DatabaseUrl, load
from shared.embedded import EmbeddedPostgres, default_folder
from shared.errors import StartupError

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

# Writers of orders queue behind our lock while it waits, and they give up after a second: so we do much earlier.
LOCK_TIMEOUT = "200ms"
LOCK_TRIES = 20
# Long queries are what an audit is made of; memory for sorting saves it from the disk.
SESSION = {
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "timezone": "UTC",
    "work_mem": "64MB",
    "lock_timeout": LOCK_TIMEOUT,
}


class AuditSettings(BaseSettings):
    """The services' own variables."""

    order_database_url: DatabaseUrl | None = None
    payment_database_url: DatabaseUrl | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """A connection to each database, both in a transaction that sees one moment of both."""

    orders: Connection
    payments: Connection


@contextlib.contextmanager
def configured() -> Iterator[dict[str, str]]:
    """The URLs of `orders` and `payments` from the environment, else of the embedded PostgreSQL, running meanwhile.

    Raises StartupError when there is none.
    """
    settings = load(AuditSettings)
    urls = {"orders": settings.order_database_url, "payments": settings.payment_database_url}
    given = {name: url for name, url in urls.items() if url is not None}
    if len(given) == len(urls):
        yield given
        return
    folder = default_folder()
    if not (folder / "postgres").is_dir():
        raise StartupError(
            f"no database in {os.fspath(folder)}: set ORDER_DATABASE_URL and PAYMENT_DATABASE_URL, or PAYONCE_DATA_DIR"
        )
    embedded = EmbeddedPostgres(folder)
    try:
        yield {name: given.get(name) or embedded.url(name) for name in urls}
    finally:
        embedded.close()


@contextlib.contextmanager
def cut(urls: dict[str, str]) -> Iterator[Cut]:
    """Both databases at one moment, while traffic goes on. Raises StartupError when one can't be reached.

    A lock lets no order change while both snapshots are taken, so both are of the moment of the second one. That is a
    cut no message crosses backwards: on the way in the money is committed before the order flips, so an order that is
    PAID here has its payment here; on the way back it is the intent, then the order, then the money, so a payment that
    is given back here has its order ended here. What is between two steps is seen as just that. The lock,
    which a function of the schema takes for a role that only reads, is gone before anything is counted.
    """
    with (
        _connect("orders", urls["orders"]) as lock,
        _connect("orders", urls["orders"]) as orders,
        _connect("payments", urls["payments"]) as payments,
    ):
        try:
            _freeze(lock)
            for connection in (orders, payments):
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                connection.read_only = True
                connection.execute("SELECT 1 FROM pg_class LIMIT 1")  # takes the snapshot
            lock.rollback()
            yield Cut(orders, payments)
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedFunction) as error:
            raise StartupError(f"a database is not migrated: {_line(error)}") from None
        except psycopg.Error as error:
            raise StartupError(f"a database can't be audited now: {_line(error)}") from None


def plain(url: str) -> str:
    """The URL as psycopg itself wants it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _connect(name: str, url: str) -> Connection:
    options = " ".join(f"-c {setting}={value}" for setting, value in SESSION.items())
    try:
        return psycopg.connect(plain(url), options=options, application_name="payonce verify", connect_timeout=10)
    except psycopg.Error as error:
        raise StartupError(f"the database of {name} can't be reached: {_line(error)}") from None


def _freeze(lock: Connection) -> None:
    """No order changes from here to the end of the transaction."""
    for attempt in range(1, LOCK_TRIES + 1):
        try:
            lock.execute("SELECT freeze_orders()")
        except psycopg.errors.LockNotAvailable:
            lock.rollback()
            if attempt == LOCK_TRIES:
                raise
        else:
            return


def _line(error: psycopg.Error) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
