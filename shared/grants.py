"""What a service's login may do in its database: what its code does, and nothing else.

Each service has a table of it, `storage/grants.py`; `migrate` brings the database to it after the revisions, when it is
told the roles' names, and then asks PostgreSQL what they really may.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from shared.errors import StartupError
from shared.privileges import VERSION_TABLE, Things, effective, things_of


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
class Grantees:
    """Who is to have it: the role that a service logs in as, and one that only reads. None: nobody."""

    grants: Grants
    app_role: str | None
    read_role: str | None


def apply(connection: sa.Connection, grantees: Grantees) -> list[str]:
    """Give the roles what they need and take everything else, in the transaction that is open; the roles.

    Again: the same. Raises StartupError when a role is not there, or would still be able to do more. Where no role is
    named, functions are all that is seen to: one has its owner's rights, whoever may call it.
    """
    wanted = _wanted(grantees)
    for role in wanted:
        _fit(connection, role)
    things = things_of(connection)
    _pin(connection, things.functions)
    if wanted:
        _take(connection, "PUBLIC", things)
        for role, privileges in wanted.items():
            _take(connection, _quoted(role), things)
            _give(connection, _quoted(role), privileges)
            _check(connection, role, privileges)
    return list(wanted)


def _wanted(grantees: Grantees) -> dict[str, set[tuple[str, str]]]:
    """The privileges of each role that is named: (privilege, thing)."""
    grants = grantees.grants
    reading = {("SELECT", table) for table in (*grants.tables, VERSION_TABLE)}
    writing = {(privilege, table) for table, grant in grants.tables.items() for privilege in _privileges(grant)}
    auditing = {("EXECUTE", function) for function in grants.audit}
    roles = {grantees.app_role: reading | writing, grantees.read_role: reading | auditing}
    return {role: privileges for role, privileges in roles.items() if role is not None}


def _privileges(grant: Grant) -> list[str]:
    words = {"INSERT": grant.insert, "DELETE": grant.delete}
    return [word for word, given in words.items() if given] + [f"UPDATE ({column})" for column in grant.update]


FIT = """
    SELECT EXISTS (SELECT FROM pg_roles m
                    WHERE pg_has_role(r.oid, m.oid, 'MEMBER')
                      AND (m.rolsuper OR m.rolcreaterole OR m.rolcreatedb OR m.rolreplication OR m.rolbypassrls
                           OR m.rolname IN ('pg_execute_server_program', 'pg_write_server_files',
                                            'pg_read_server_files'))),
           pg_has_role(r.oid, current_user, 'MEMBER')
      FROM pg_roles r WHERE rolname = :role
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


def _pin(connection: sa.Connection, functions: Iterable[str]) -> None:
    """The guards look a table up where it is, not where the session that they guard against has them look."""
    schema = connection.execute(sa.text("SELECT quote_ident(current_schema())")).scalar_one()
    for function in functions:
        _run(connection, f"ALTER FUNCTION {function} SET search_path = pg_catalog, {schema}, pg_temp")


def _take(connection: sa.Connection, who: str, things: Things) -> None:
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


def _check(connection: sa.Connection, role: str, wanted: set[tuple[str, str]]) -> None:
    found = effective(connection, role)
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
