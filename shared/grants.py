"""What a service's login may do in its database: what its code does, and nothing else.

Each service has a table of it, `storage/grants.py`; `migrate` brings the database to it after the revisions, when it is
told the roles' names, and then asks PostgreSQL what they really may.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from shared.errors import StartupError

VERSION_TABLE = "alembic_version"  # Alembic's own; each start reads it


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What the code does with a table. It reads all of them."""

    insert: bool = False
    update: tuple[str, ...] = ()  # the columns; one of them is enough for FOR UPDATE, too
    delete: bool = False


@dataclass(frozen=True, slots=True)
class Grants:
    """What a service does with its tables, and the functions that an auditor calls."""

    tables: Mapping[str, Grant]
    audit: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Access:
    """Who is to have it: the role that a service logs in as, and one that only reads. None: nobody."""

    grants: Grants
    app_role: str | None
    read_role: str | None


@dataclass(frozen=True, slots=True)
class _Things:
    """What the schema holds, quoted, by the word that GRANT has for it. What belongs to an extension is not ours."""

    tables: list[str]
    sequences: list[str]
    functions: list[str]


def apply(connection: sa.Connection, access: Access) -> list[str]:
    """Give the roles what they need and take everything else, in the transaction that is open; the roles.

    Again: the same. Raises StartupError when a role is not there, or would still be able to do more.
    """
    wanted = _wanted(access)
    if wanted:
        for role in wanted:
            _fit(connection, role)
        things = _things(connection)
        _pin(connection, things.functions)
        _take(connection, "PUBLIC", things)
        for role, privileges in wanted.items():
            _take(connection, _quoted(role), things)
            _give(connection, _quoted(role), privileges)
            _check(connection, role, privileges)
    return list(wanted)


def owned(connection: sa.Connection) -> bool:
    """Whether who is connected owns the tables, or could: then it may lift every guard."""
    query = "SELECT pg_has_role(relowner, 'MEMBER') FROM pg_class WHERE oid = to_regclass(:table)"
    return bool(connection.execute(sa.text(query), {"table": VERSION_TABLE}).scalar_one_or_none())


def _wanted(access: Access) -> dict[str, set[tuple[str, str]]]:
    """The privileges of each role that is named: (privilege, thing)."""
    grants = access.grants
    reading = {("SELECT", table) for table in (*grants.tables, VERSION_TABLE)}
    writing = {(privilege, table) for table, grant in grants.tables.items() for privilege in _privileges(grant)}
    auditing = {("EXECUTE", function) for function in grants.audit}
    roles = {access.app_role: reading | writing, access.read_role: reading | auditing}
    return {role: privileges for role, privileges in roles.items() if role is not None}


def _privileges(grant: Grant) -> list[str]:
    words = {"INSERT": grant.insert, "DELETE": grant.delete}
    return [word for word, given in words.items() if given] + [f"UPDATE ({column})" for column in grant.update]


FIT = """
    SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls,
           pg_has_role(oid, current_user, 'MEMBER')
      FROM pg_roles WHERE rolname = :role
"""


def _fit(connection: sa.Connection, role: str) -> None:
    """StartupError unless it is there and nobody special: nothing that is taken from a superuser is gone."""
    found = connection.execute(sa.text(FIT), {"role": role}).one_or_none()
    if found is None:
        raise StartupError(f"there is no role {role}: CREATE ROLE {role} LOGIN PASSWORD '…', and run it again")
    special, owner = found
    if special or owner:
        what = "has rights of an administrator" if special else "can act as the role that migrates"
        raise StartupError(f"the role {role} {what}: name one that was made by CREATE ROLE … LOGIN alone")


THINGS = """
    SELECT 'tables', quote_ident(relname) FROM pg_class c
     WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
       AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
     UNION ALL
    SELECT 'sequences', quote_ident(relname) FROM pg_class c
     WHERE relnamespace = current_schema()::regnamespace AND relkind = 'S'
       AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
     UNION ALL
    SELECT 'functions', oid::regprocedure::text FROM pg_proc p
     WHERE pronamespace = current_schema()::regnamespace
       AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')
"""


def _things(connection: sa.Connection) -> _Things:
    things = _Things([], [], [])
    for kind, name in connection.execute(sa.text(THINGS)):
        getattr(things, kind).append(name)
    return things


def _pin(connection: sa.Connection, functions: Iterable[str]) -> None:
    """The guards look a table up where it is, not where the session that they guard against has them look."""
    schema = connection.execute(sa.text("SELECT quote_ident(current_schema())")).scalar_one()
    for function in functions:
        _run(connection, f"ALTER FUNCTION {function} SET search_path = pg_catalog, {schema}, pg_temp")


def _take(connection: sa.Connection, who: str, things: _Things) -> None:
    """Everything, on the database too: who may make temporary tables may put one before ours."""
    here = connection.execute(sa.text("SELECT quote_ident(current_database()), quote_ident(current_schema())")).one()
    _run(connection, f"REVOKE ALL ON DATABASE {here[0]} FROM {who}")
    _run(connection, f"REVOKE ALL ON SCHEMA {here[1]} FROM {who}")
    for word, names in (("TABLE", things.tables), ("SEQUENCE", things.sequences), ("FUNCTION", things.functions)):
        if names:
            _run(connection, f"REVOKE ALL ON {word} {', '.join(names)} FROM {who}")
    if who != "PUBLIC":
        _run(connection, f"GRANT CONNECT ON DATABASE {here[0]} TO {who}")
        _run(connection, f"GRANT USAGE ON SCHEMA {here[1]} TO {who}")


def _give(connection: sa.Connection, who: str, privileges: set[tuple[str, str]]) -> None:
    for privilege, thing in sorted(privileges):
        word = "FUNCTION" if privilege == "EXECUTE" else "TABLE"
        _run(connection, f"GRANT {privilege} ON {word} {thing} TO {who}")


ON_TABLES = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"]
# What PostgreSQL would let the role do, wherever it has it from: another role, a predefined one, ownership.
EFFECTIVE = """
    WITH things AS (
         SELECT oid, relname, relkind FROM pg_class c
          WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
            AND NOT EXISTS (SELECT FROM pg_depend
                             WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e'))
    SELECT privilege, relname::text FROM things, unnest(CAST(:all AS text[])) AS privilege
     WHERE relkind <> 'S' AND has_table_privilege(:role, oid, privilege)
     UNION ALL
    SELECT format('%s (%s)', privilege, attname), relname
      FROM things JOIN pg_attribute ON attrelid = oid AND attnum > 0 AND NOT attisdropped,
           unnest(ARRAY['INSERT', 'UPDATE', 'REFERENCES']) AS privilege
     WHERE relkind <> 'S' AND has_column_privilege(:role, oid, attnum, privilege)
       AND NOT (privilege = 'INSERT' AND has_table_privilege(:role, oid, 'INSERT'))
     UNION ALL
    SELECT privilege, relname FROM things, unnest(ARRAY['USAGE', 'SELECT', 'UPDATE']) AS privilege
     WHERE relkind = 'S' AND has_sequence_privilege(:role, oid, privilege)
     UNION ALL
    SELECT 'EXECUTE', oid::regprocedure::text FROM pg_proc p
     WHERE pronamespace = current_schema()::regnamespace AND has_function_privilege(:role, oid, 'EXECUTE')
       AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')
     UNION ALL
    SELECT 'CREATE', 'schema ' || current_schema() WHERE has_schema_privilege(:role, current_schema(), 'CREATE')
     UNION ALL
    SELECT privilege, 'database ' || current_database() FROM unnest(ARRAY['CREATE', 'TEMPORARY']) AS privilege
     WHERE has_database_privilege(:role, current_database(), privilege)
     UNION ALL
    SELECT 'SET', 'session_replication_role' WHERE has_parameter_privilege(:role, 'session_replication_role', 'SET')
"""


def _check(connection: sa.Connection, role: str, wanted: set[tuple[str, str]]) -> None:
    version = connection.dialect.server_version_info or ()
    every = [*ON_TABLES, "MAINTAIN"] if version >= (17,) else ON_TABLES
    found = {tuple(row) for row in connection.execute(sa.text(EFFECTIVE), {"role": role, "all": every})}
    if more := sorted(found - wanted):
        named = ", ".join(f"{privilege} on {thing}" for privilege, thing in more[:5])
        raise StartupError(
            f"the role {role} may do more than its code: {named}{', …' if len(more) > 5 else ''}; it has that from "  # noqa: PLR2004
            "another role, or from PUBLIC where the migrating role is not the owner of the database"
        )
    if less := sorted(wanted - found):
        named = ", ".join(f"{privilege} on {thing}" for privilege, thing in less)
        raise StartupError(f"the role {role} could not be given {named}: the migrating role must own the schema")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _run(connection: sa.Connection, statement: str) -> Any:
    return connection.exec_driver_sql(statement)
