"""A real PostgreSQL for the tests, and a migrated pair of databases whenever a test wants one.

The embedded PostgreSQL 18, or, when TEST_POSTGRES_BIN names a folder with `initdb` and `pg_ctl`, a throw-away cluster
of that version.
"""

import atexit
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from order_service.storage import grants as order_grants
from payment_service.storage import grants as payment_grants
from shared.config import driver_url
from shared.embedded import EmbeddedPostgres
from shared.grants import Grantees
from shared.migrations import migrate

TEMPLATES = {"orders": "order_service", "payments": "payment_service"}
# Services run as these, which may do what `storage/grants.py` says; tests look and tamper as the owner. To see
# whether it is the rights that a test stumbles over, set TEST_SERVICES_AS_OWNER.
APP_ROLES = {"orders": "orders_app", "payments": "payments_app"}
READ_ROLE = "payonce_read"
GRANTS = {"orders": order_grants.GRANTS, "payments": payment_grants.GRANTS}


@dataclass(frozen=True, slots=True)
class Pair:
    """The two databases of one test, as SQLAlchemy URLs."""

    orders_url: str
    payments_url: str

    @property
    def orders_login(self) -> str:
        """What order_service is given."""
        return login(self.orders_url, APP_ROLES["orders"])

    @property
    def payments_login(self) -> str:
        """What payment_service is given."""
        return login(self.payments_url, APP_ROLES["payments"])


class Server(Protocol):
    def url(self, database: str) -> str: ...

    def close(self) -> None: ...


class Postgres:
    """A server with two migrated templates; a database of it costs a copy, not a migration."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="payonce-test-"))
        # Registered before the server's own farewell, so run after it: that one leaves a lock file behind.
        atexit.register(shutil.rmtree, self._folder, ignore_errors=True)
        binaries = os.environ.get("TEST_POSTGRES_BIN")
        self._server: Server = (
            Cluster(self._folder, Path(binaries)) if binaries else EmbeddedPostgres(self._folder / "embedded")
        )
        self._numbers = itertools.count(1)
        make_roles(self.url("postgres"))
        for name in TEMPLATES:
            migrated(name, self._create(f"template_{name}", "template0"))

    def url(self, database: str) -> str:
        return self._server.url(database)

    def empty(self) -> str:
        """A database without a schema."""
        return self._create(f"empty_{next(self._numbers)}", "template0")

    def fresh(self, prefix: str) -> str:
        """A migrated database without rows; `prefix` is `orders` or `payments`."""
        return self._create(f"{prefix}_{next(self._numbers)}", f"template_{prefix}")

    def pair(self) -> Pair:
        return Pair(self.fresh("orders"), self.fresh("payments"))

    def close(self) -> None:
        self._server.close()

    def _create(self, name: str, template: str) -> str:
        with psycopg.connect(raw(self.url("postgres")), autocommit=True) as connection:
            query = sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE {}")
            connection.execute(query.format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)


def make_roles(url: str) -> None:
    """Those that serve and read, once for each server."""
    with psycopg.connect(raw(url), autocommit=True) as connection:
        for role in (*APP_ROLES.values(), READ_ROLE):
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))


def migrated(name: str, url: str) -> None:
    """Bring a database, of `orders` or `payments`, to the newest revision, and the roles to their rights in it."""
    migrate(TEMPLATES[name], url, Grantees(GRANTS[name], APP_ROLES[name], READ_ROLE))


def login(url: str, role: str) -> str:
    """The same database, as that role."""
    if os.environ.get("TEST_SERVICES_AS_OWNER"):
        return url
    return make_url(url).set(username=role).render_as_string(hide_password=False)


def raw(url: str) -> str:
    """The URL as psycopg itself wants it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def rows(url: str, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """What `query` finds."""
    with psycopg.connect(raw(url), autocommit=True) as connection:
        return connection.execute(query.encode(), parameters).fetchall()


class Cluster:
    """A throw-away cluster made by installed binaries. They refuse to run as root, so root runs them as `nobody`."""

    def __init__(self, folder: Path, binaries: Path, *options: str) -> None:
        self._folder = folder
        self._binaries = binaries
        self._user = "nobody" if os.geteuid() == 0 else None
        if self._user:
            for path in (folder, *folder.iterdir()):
                shutil.chown(path, self._user)
        self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
        given = " ".join([f"-k {folder} -c listen_addresses=''", *(f"-c {option}" for option in options)])
        self._run("pg_ctl", "start", "-w", "-l", str(folder / "log"), "-o", given)

    def url(self, database: str) -> str:
        return driver_url(f"postgresql://postgres@/{database}?host={self._folder}")

    def close(self) -> None:
        self._run("pg_ctl", "stop", "-m", "immediate")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), "-D", str(self._folder / "data"), *arguments]
        groups: list[int] | None = [] if self._user else None
        # The server inherits pg_ctl's stdout, so a pipe there would never end.
        subprocess.run(
            command, check=True, cwd=self._folder, user=self._user, extra_groups=groups, stdout=subprocess.DEVNULL
        )
