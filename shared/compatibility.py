"""Which code may run on which schema (decision 0022).

Each revision says which is the oldest code that can run on it: `oldest_code = "0004"` names the newest revision that
this code knew. A revision that says nothing is for its own code and later. The database says it of itself, beside its
revision, so that code which has never heard of that revision can tell whether it may run on it.
"""

from dataclasses import dataclass
from importlib import resources

import psycopg
import sqlalchemy as sa
import structlog
from alembic.config import Config
from alembic.script import ScriptDirectory

from shared.errors import StartupError

# `oldest_code` came later than the table; to_jsonb finds it where it is.
FOUND = "SELECT version_num, to_jsonb(v) ->> 'oldest_code' FROM alembic_version v"
WRITE = "UPDATE alembic_version SET oldest_code = :oldest"
ADD_COLUMN = "ALTER TABLE alembic_version ADD COLUMN IF NOT EXISTS oldest_code text"

log = structlog.get_logger()


def config_of(package: str) -> Config:
    """Alembic's, for the revisions in a service's package."""
    config = Config()
    config.set_main_option("script_location", str(resources.files(package) / "storage" / "migrations"))
    return config


class Revisions:
    """The revisions that this code knows, the oldest first."""

    def __init__(self, package: str) -> None:
        scripts = list(ScriptDirectory.from_config(config_of(package)).walk_revisions())
        self.known = [script.revision for script in reversed(scripts)]
        self._oldest = {script.revision: getattr(script.module, "oldest_code", script.revision) for script in scripts}

    @property
    def newest(self) -> str:
        """The one that this code is written for."""
        return self.known[-1]

    def oldest_code(self, revision: str) -> str:
        """The oldest code that can run on the schema of `revision`: none of those up to there leaves older code out."""
        applied = self.known[: self.known.index(revision) + 1]
        return max((self._oldest[each] for each in applied), key=self.known.index)


@dataclass(frozen=True, slots=True)
class Schema:
    """What a database says of its schema; both None before the first revision."""

    revision: str | None
    oldest_code: str | None

    def is_newer(self, revisions: Revisions) -> bool:
        """Whether it has come further than this code knows."""
        return self.revision is not None and self.revision not in revisions.known

    def carries(self, revisions: Revisions) -> bool:
        """Whether this code, which is older than the schema, can run on it."""
        return self.oldest_code in revisions.known


def schema_of(connection: sa.Connection) -> Schema:
    """What the database says. Raises StartupError when it doesn't let this role read it."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return Schema(None, None)
    try:
        found = connection.execute(sa.text(FOUND)).one_or_none()
    except sa.exc.ProgrammingError as error:
        if not isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
            raise
        role = connection.engine.url.username
        raise StartupError(f"the role {role} may not read the database: run `migrate` with it as …_APP_ROLE") from None
    return Schema(*found) if found else Schema(None, None)


def write(connection: sa.Connection, oldest: str) -> None:
    """Let the database say from which code on it can be run on, in the transaction that makes it so."""
    connection.execute(sa.text(ADD_COLUMN))
    connection.execute(sa.text(WRITE), {"oldest": oldest})


def require(schema: Schema, revisions: Revisions, how: str) -> None:
    """StartupError unless this code can run on the schema; `how` says what to run when it is too old."""
    if not schema.is_newer(revisions):
        if schema.revision != revisions.newest:
            raise StartupError(
                f"the database is at revision {schema.revision}, this version needs {revisions.newest}: run `{how}`"
            )
        return
    if not schema.carries(revisions):
        raise too_old(schema, revisions)
    log.info("schema.newer", revision=schema.revision, own=revisions.newest, oldest_code=schema.oldest_code)


def too_old(schema: Schema, revisions: Revisions) -> StartupError:
    """The schema has no place for this code any more."""
    return StartupError(
        f"the database is at revision {schema.revision}, which runs code of revision {schema.oldest_code} or later; "
        f"this version is of {revisions.newest}: start a newer one"
    )
