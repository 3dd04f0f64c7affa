"""Schema migrations with Alembic, for a service's package that holds them in `storage/migrations`."""

from importlib import resources

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from shared.errors import StartupError

# One key for all: migrations of two processes wait for each other.
ADVISORY_LOCK = 7_075_071


def migrate(package: str, url: str) -> None:
    """Bring the database to the newest revision. Two at once: the second waits, and finds nothing to do."""
    with _connect(url) as connection, connection.begin():
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        config = _config(package)
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except (sa.exc.SQLAlchemyError, CommandError) as error:
            why = str(getattr(error, "orig", error)).strip().splitlines()[0]
            raise StartupError(f"the migration failed, and nothing was changed: {why}") from error


def require_current(package: str, url: str, how: str) -> None:
    """StartupError unless the database is at the newest revision; `how` says what to run."""
    with _connect(url) as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    wanted = ScriptDirectory.from_config(_config(package)).get_current_head()
    if found != wanted:
        raise StartupError(f"the database is at revision {found}, this version needs {wanted}: run `{how}`")


def _config(package: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.files(package) / "storage" / "migrations"))
    return config


def _connect(url: str) -> sa.Connection:
    """A connection, or a StartupError in one line that names the place and not the password."""
    engine = sa.create_engine(url, hide_parameters=True, poolclass=sa.NullPool, connect_args={"connect_timeout": 5})
    try:
        return engine.connect()
    except sa.exc.SQLAlchemyError as error:
        place = engine.url.render_as_string(hide_password=True)
        why = str(getattr(error, "orig", error)).strip().splitlines()[0]
        raise StartupError(f"the database {place} can't be reached: {why}") from None
