"""What a schema holds, and what PostgreSQL would let a role do with it."""

from dataclasses import dataclass

import sqlalchemy as sa

VERSION_TABLE = "alembic_version"  # Alembic's own; each start reads it


@dataclass(frozen=True, slots=True)
class Things:
    """What the schema holds, quoted, by the word that GRANT has for it. What belongs to an extension is not ours."""

    tables: list[str]
    sequences: list[str]
    functions: list[str]


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


def things_of(connection: sa.Connection) -> Things:
    """What the schema holds."""
    things = Things([], [], [])
    for kind, name in connection.execute(sa.text(THINGS)):
        getattr(things, kind).append(name)
    return things


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


# Itself, and whatever it is a member of: what those may do it may do by SET ROLE, or by giving itself their rights.
BECOMES = """
    SELECT m.rolname FROM pg_roles r JOIN pg_roles m ON pg_has_role(r.oid, m.oid, 'MEMBER') WHERE r.rolname = :role
"""


def effective(connection: sa.Connection, role: str) -> set[tuple[str, str]]:
    """Every privilege that the role has, or can get for itself, and on what; but reading PostgreSQL's own tables."""
    version = connection.dialect.server_version_info or ()
    every = [*ON_TABLES, "MAINTAIN"] if version >= (17,) else ON_TABLES
    found = set()
    for member in connection.execute(sa.text(BECOMES), {"role": role}).scalars().all():
        rows = connection.execute(sa.text(EFFECTIVE), {"role": member, "all": every})
        found |= {(privilege, thing) for privilege, thing in rows}
    return found


def owned(connection: sa.Connection) -> bool:
    """Whether who is connected owns the tables, or could: then it may lift every guard."""
    query = "SELECT pg_has_role(relowner, 'MEMBER') FROM pg_class WHERE oid = to_regclass(:table)"
    return bool(connection.execute(sa.text(query), {"table": VERSION_TABLE}).scalar_one_or_none())
