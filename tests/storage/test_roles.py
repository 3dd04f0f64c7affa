"""What the services' logins may not do is refused by PostgreSQL itself, whoever asks in their name."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql

from audit.verify import finding_of, verify
from shared.errors import StartupError
from shared.grants import Grantees
from shared.migrations import migrate
from tests.harness.audit import quiet
from tests.harness.books import owe
from tests.harness.money import order, pay, seed
from tests.harness.postgres import APP_ROLES, GRANTS, READ_ROLE, TEMPLATES, Pair, Postgres, login, migrated, raw, rows
from tests.harness.services import services
from tests.harness.stubs import Stubs

OF_ALL = [
    "CREATE TABLE mine ()",
    "CREATE TEMPORARY TABLE payments ()",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION mine() RETURNS void LANGUAGE sql AS ''",
    "SET session_replication_role = replica",
    "SET ROLE postgres",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
    "UPDATE alembic_version SET version_num = '0001'",
    "DELETE FROM alembic_version",
]
APPEND_ONLY = ("entries", "transfers", "history", "seals")
OF_PAYMENTS = [
    *(f"DELETE FROM {table}" for table in APPEND_ONLY),
    *(f"TRUNCATE {table}" for table in APPEND_ONLY),
    "UPDATE entries SET amount_minor = amount_minor",
    "UPDATE transfers SET kind = kind",
    "UPDATE history SET event = event",
    "UPDATE seals SET hash = hash",
    "UPDATE accounts SET kind = 'system'",
    "UPDATE accounts SET owner_id = 'me'",
    "UPDATE payments SET amount_minor = 1",
    "UPDATE payments SET payer_account_id = 'me'",
    "UPDATE tickets SET expires_at = now()",
    "UPDATE requests SET fingerprint = '{}'",
    "UPDATE corrections SET amount_minor = 1",
    "DELETE FROM accounts",
    "DELETE FROM requests",
    "INSERT INTO seal_heads VALUES ('transfers', 0, 0, '')",
    "DELETE FROM seal_heads",
    "ALTER TABLE entries DISABLE TRIGGER ALL",
    "ALTER TABLE payments DROP COLUMN state",
    "DROP TRIGGER entries_append_only ON entries",
    "CREATE TRIGGER mine BEFORE UPDATE ON entries EXECUTE FUNCTION append_only()",
    "DROP INDEX payments_claim",
    "DROP TABLE entries",
    "CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "LOCK TABLE entries IN ACCESS EXCLUSIVE MODE",
    "SELECT setval('transfers_position_seq', 1)",
    "ALTER TABLE entries OWNER TO payments_app",
]  # fmt: skip
OF_ORDERS = [
    "UPDATE orders SET amount_minor = 1",
    "UPDATE orders SET customer_id = 'me'",
    "DELETE FROM orders",
    "TRUNCATE orders",
    "ALTER TABLE orders DISABLE TRIGGER orders_guard",
    "DROP TABLE orders",
    "SELECT freeze_orders()",
]
OF_A_READER = [
    "INSERT INTO orders SELECT * FROM orders",
    "UPDATE orders SET status = 'paid'",
    "SELECT FROM orders FOR UPDATE",
    "LOCK TABLE orders IN SHARE MODE",
]
ATTEMPTS = [
    *(("payments", APP_ROLES["payments"], statement) for statement in OF_ALL + OF_PAYMENTS),
    *(("orders", APP_ROLES["orders"], statement) for statement in OF_ALL + OF_ORDERS),
    *(("orders", READ_ROLE, statement) for statement in OF_ALL + OF_A_READER),
]


@pytest.fixture(scope="module")
def granted(postgres: Postgres) -> Pair:
    """Migrated where they are: a copy of a database has its tables' rights, and not its own."""
    pair = postgres.pair()
    migrated("orders", pair.orders_url)
    migrated("payments", pair.payments_url)
    owe(pair.payments_url, "o")
    return pair


def url_of(pair: Pair, name: str) -> str:
    return pair.orders_url if name == "orders" else pair.payments_url


@pytest.mark.parametrize(("name", "role", "statement"), ATTEMPTS)
def test_postgres_refuses_it(granted: Pair, name: str, role: str, statement: str) -> None:
    with as_role(url_of(granted, name), role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


@pytest.mark.parametrize(("name", "other"), [("orders", "payments"), ("payments", "orders")])
def test_a_login_is_for_its_own_database(granted: Pair, name: str, other: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(raw(login(url_of(granted, other), APP_ROLES[name])))


@pytest.mark.parametrize("name", list(TEMPLATES))
def test_every_table_has_its_grants(pair: Pair, name: str) -> None:
    query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    assert {table for (table,) in rows(url_of(pair, name), query)} == set(GRANTS[name].tables)


@pytest.mark.parametrize("name", list(TEMPLATES))
def test_guards_look_where_their_tables_are(granted: Pair, name: str) -> None:
    query = "SELECT proname, proconfig FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    for function, settings in rows(url_of(granted, name), query):
        assert settings == ["search_path=pg_catalog, public, pg_temp"], function


@pytest.mark.parametrize("name", list(TEMPLATES))
def test_they_do_so_where_no_role_is_named(postgres: Postgres, name: str) -> None:
    """One of them has its owner's rights, and whoever may call it could have it look elsewhere."""
    url = postgres.empty()
    migrate(TEMPLATES[name], url, Grantees(GRANTS[name], None, None))
    found = rows(url, "SELECT DISTINCT proconfig FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
    assert found == [(["search_path=pg_catalog, public, pg_temp"],)]


def test_again_is_the_same(granted: Pair) -> None:
    query = """SELECT relname, relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
                UNION ALL SELECT attname, attacl::text FROM pg_attribute WHERE attacl IS NOT NULL
                UNION ALL SELECT proname, proacl::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
                UNION ALL SELECT datname, datacl::text FROM pg_database WHERE datname = current_database()
                ORDER BY 1, 2"""
    for name in TEMPLATES:
        before = rows(url_of(granted, name), query)
        migrated(name, url_of(granted, name))
        assert rows(url_of(granted, name), query) == before


@pytest.mark.parametrize(
    ("make", "why"),
    [
        ("CREATE ROLE misfit SUPERUSER", "has rights of an administrator"),
        ("CREATE ROLE misfit CREATEROLE", "has rights of an administrator"),
        # What it could become by SET ROLE it is not yet.
        ("ALTER ROLE other SUPERUSER; CREATE ROLE misfit NOINHERIT IN ROLE other", "has rights of an administrator"),
        ("CREATE ROLE misfit NOINHERIT IN ROLE pg_execute_server_program", "has rights of an administrator"),
        ("CREATE ROLE misfit NOINHERIT IN ROLE pg_write_server_files", "has rights of an administrator"),
        ("CREATE ROLE misfit NOINHERIT IN ROLE pg_read_server_files", "has rights of an administrator"),
        ("CREATE ROLE misfit IN ROLE pg_write_all_data", r"may do more than its code: DELETE on .*alembic_version"),
        ("CREATE ROLE misfit; GRANT DELETE ON entries TO other; GRANT other TO misfit",
         "may do more than its code: DELETE on entries; it has that from another role"),
        ("CREATE ROLE misfit NOINHERIT; GRANT DELETE ON entries TO other; GRANT other TO misfit",
         "may do more than its code: DELETE on entries; it has that from another role"),
        ("CREATE ROLE misfit; GRANT SET ON PARAMETER session_replication_role TO misfit",
         "may do more than its code: SET on session_replication_role"),
    ],
)  # fmt: skip
def test_a_role_that_would_keep_more_is_refused(pair: Pair, make: str, why: str) -> None:
    with psycopg.connect(raw(pair.payments_url), autocommit=True) as connection:
        connection.execute("CREATE ROLE other")
        try:
            connection.execute(make.encode())
            with pytest.raises(StartupError, match=f"the role misfit {why}"):
                migrate("payment_service", pair.payments_url, Grantees(GRANTS["payments"], "misfit", None))
            # It was rolled back: what it had it has, and no more.
            found = connection.execute(
                "SELECT has_column_privilege('misfit', 'seal_heads', 'hash', 'UPDATE')"
            ).fetchone()
            assert found == (make.startswith("CREATE ROLE misfit SUPERUSER") or "write_all" in make,)
        finally:
            connection.execute("DROP OWNED BY misfit, other")
            connection.execute("DROP ROLE misfit, other")


def test_the_migrating_role_is_no_service(pair: Pair) -> None:
    with pytest.raises(StartupError, match="the role postgres has rights of an administrator"):
        migrate("order_service", pair.orders_url, Grantees(GRANTS["orders"], "postgres", None))


async def test_a_migrating_role_that_is_no_superuser(postgres: Postgres) -> None:
    """As it should be: it owns the two databases, and is nobody else."""
    pair = Pair(postgres.empty(), postgres.empty())
    with psycopg.connect(raw(pair.orders_url), autocommit=True) as connection:
        connection.execute("CREATE ROLE schema_owner LOGIN")
        for url in (pair.orders_url, pair.payments_url):
            database = sql.Identifier(str(psycopg.conninfo.conninfo_to_dict(raw(url))["dbname"]))
            connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO schema_owner").format(database))
    for name in TEMPLATES:
        owner = login(url_of(pair, name), "schema_owner")
        migrate(TEMPLATES[name], owner, Grantees(GRANTS[name], APP_ROLES[name], READ_ROLE))
        with pytest.raises(StartupError, match="the role schema_owner can act as the role that migrates"):
            migrate(TEMPLATES[name], owner, Grantees(GRANTS[name], "schema_owner", None))
    async with services(pair) as s, Stubs(s.order.address, s.payments[0].address) as stubs:
        await seed(stubs)
        await order(stubs, "o")
        await pay(stubs, "o")
        await quiet(pair)
    audited_by_a_reader(pair)


def test_a_reader_can_audit(granted: Pair) -> None:
    # The payment that `granted` owes has no order: that is found, and nothing could not be looked at.
    urls = {"orders": login(granted.orders_url, READ_ROLE), "payments": login(granted.payments_url, READ_ROLE)}
    assert any(finding_of(item).violations for item in verify(urls))


def audited_by_a_reader(pair: Pair) -> None:
    urls = {"orders": login(pair.orders_url, READ_ROLE), "payments": login(pair.payments_url, READ_ROLE)}
    assert not [item for item in verify(urls, overdue_s=0) if finding_of(item).violations]


@contextmanager
def as_role(url: str, role: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(raw(login(url, role))) as connection:
        yield connection
