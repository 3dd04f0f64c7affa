"""Schema migrations with Alembic, for a service's package that holds them in `storage/migrations`.

Each revision is a transaction of its own. They run while services are at work, so none of them may wait for a table
for long: whoever wants it afterwards would wait behind it.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
import structlog
from alembic import command
from alembic.util import CommandError

from shared import grants
from shared.compatibility import Revisions, config_of, require, schema_of, too_old, write
from shared.errors import StartupError
from shared.grants import Grantees
from shared.privileges import owned

# One key for all: migrations of two processes wait for each other.
ADVISORY_LOCK = 7_075_071
LOOK_S = 0.2
# Half of what the services wait for a row, so that they outlast it; then they have the tables to themselves a while.
LOCK_TIMEOUT = "1s"
LOCK_TRIES = 10
LOCK_PAUSE_S = 2.0

LOCK_NOT_AVAILABLE = "55P03"
DEADLOCK_DETECTED = "40P01"
INSUFFICIENT_PRIVILEGE = "42501"
WHAT_TO_DO = {
    LOCK_NOT_AVAILABLE: "a long transaction keeps a table (pg_stat_activity names it); run it again when it has ended",
    INSUFFICIENT_PRIVILEGE: "migrations want the role that owns the database and its tables (…_MIGRATION_URL)",
}
# What CREATE INDEX CONCURRENTLY leaves when it is interrupted.
HALF_BUILT = """
    SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class c ON c.oid = indexrelid
     WHERE NOT indisvalid AND relnamespace = current_schema()::regnamespace ORDER BY 1
"""
log = structlog.get_logger()


def migrate(
    package: str, url: str, grantees: Grantees | None = None, tell: Callable[[str], None] = lambda _: None
) -> None:
    """Bring the database to the newest revision, and the roles of `grantees` to what the code needs.

    Two at once: the second waits, and finds nothing to do. A database that is newer than this code, and can run it, is
    left as it is. `tell` is given a line for each thing that was done. Raises StartupError.
    """
    revisions = Revisions(package)
    with _connect(url) as connection, _alone(connection, tell):
        schema = schema_of(connection)
        connection.rollback()
        if schema.is_newer(revisions):
            if not schema.carries(revisions):
                raise too_old(schema, revisions)
            tell(f"nothing to do: revision {schema.revision} is newer than this version's, and runs it")
            return
        _persist(connection, lambda: _upgrade(package, revisions, connection, tell), tell)
        tell(f"at revision {revisions.newest}")
        if grantees is not None:
            for role in _persist(connection, lambda: _grant(connection, grantees), tell):
                tell(f"role {role} has what it needs, and nothing else")


def require_compatible(package: str, url: str, how: str, *, own: bool = True) -> None:
    """StartupError unless this code can run on the database's schema; `how` says what to run when that is too old.

    Unless the database is our `own`, a role that could change the schema is too much, and is warned of.
    """
    with _connect(url) as connection:
        schema = schema_of(connection)
        if not own and owned(connection):
            log.warning("database.owner", role=connection.engine.url.username, see="docs/migrations.md")
    require(schema, Revisions(package), how)


@contextlib.contextmanager
def _alone(connection: sa.Connection, tell: Callable[[str], None]) -> Iterator[None]:
    """Nobody else migrates this database meanwhile; a process that dies lets go."""
    # Asked again and again rather than waited for: a statement that waits has a snapshot, and CREATE INDEX CONCURRENTLY
    # in the process that we wait for would wait for its end.
    query = sa.text("SELECT pg_try_advisory_lock(:key)")
    told = False
    while not connection.execute(query, {"key": ADVISORY_LOCK}).scalar_one():
        connection.rollback()
        if not told:
            tell("another process is migrating this database: waiting for it")
            told = True
        time.sleep(LOOK_S)
    connection.commit()
    yield  # it ends with the connection


def _upgrade(package: str, revisions: Revisions, connection: sa.Connection, tell: Callable[[str], None]) -> None:
    def applied(*, step: Any, **_: Any) -> None:
        _wait_briefly(connection)  # a revision that builds an index may have changed it
        write(connection, revisions.oldest_code(step.up_revision_id))
        tell(f"revision {step.up_revision_id}: {step.up_revision.doc}")

    _wait_briefly(connection)
    connection.commit()
    config = config_of(package)
    config.attributes.update(connection=connection, applied=applied)
    command.upgrade(config, "head")
    connection.commit()


def _grant(connection: sa.Connection, grantees: Grantees) -> list[str]:
    with connection.begin():
        _wait_briefly(connection)
        return grants.apply(connection, grantees)


def _wait_briefly(connection: sa.Connection) -> None:
    connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")


def _persist(connection: sa.Connection, work: Callable[[], Any], tell: Callable[[str], None]) -> Any:
    """Do it, again when a table was not to be had; StartupError tells what is wrong, where it stands, what to do."""
    for attempt in range(1, LOCK_TRIES + 1):
        try:
            return work()
        except (sa.exc.SQLAlchemyError, CommandError) as error:
            connection.rollback()
            state = getattr(getattr(error, "orig", None), "sqlstate", None)
            if state in (LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED) and attempt < LOCK_TRIES:
                tell(f"a table is in use, and traffic comes first: again in {LOCK_PAUSE_S:g} s")
                time.sleep(LOCK_PAUSE_S)
                continue
            why = str(getattr(error, "orig", error)).strip().splitlines()[0]
            raise StartupError(f"the migration failed: {why}. {_stands(connection, str(state))}") from error
    raise AssertionError("unreachable")


def _stands(connection: sa.Connection, state: str) -> str:
    """Where a migration that failed has left the database, and what to do."""
    revision = schema_of(connection).revision
    mend = WHAT_TO_DO.get(state, "run it again when that is mended")
    if half_built := connection.execute(sa.text(HALF_BUILT)).scalars().all():
        named = ", ".join(half_built)
        return (
            f"The database is at revision {revision}, with a part of the next: index {named} is half built. "
            "Services go on as before, and don't use it; run it again, which builds it anew"
        )
    return f"The database is at revision {revision}, as a whole; {mend}"


def _connect(url: str) -> sa.Connection:
    """A connection, or a StartupError in one line that names the place and not the password."""
    engine = sa.create_engine(url, hide_parameters=True, poolclass=sa.NullPool, connect_args={"connect_timeout": 5})
    try:
        return engine.connect()
    except sa.exc.SQLAlchemyError as error:
        place = engine.url.render_as_string(hide_password=True)
        why = str(getattr(error, "orig", error)).strip().splitlines()[0]
        raise StartupError(f"the database {place} can't be reached: {why}") from None
