"""What the schema refuses of tickets, corrections, history, seals, accounts and payments, whoever asks."""

import uuid
from collections.abc import Iterator, Sequence

import psycopg
import pytest

from tests.harness.postgres import Pair, Postgres, raw, rows

ID = "00000000-0000-0000-0000-000000000001"
OTHER = "00000000-0000-0000-0000-000000000002"
SEED = {
    "accounts": "INSERT INTO accounts (account_id, owner_id, kind, currency, balance_minor, last_sequence)"
    " VALUES ('a', 'a', 'customer', 'EUR', 5, 3)",
    "payments": f"""INSERT INTO payments (subject, payment_id, payer_account_id, payee_account_id, currency,
                                          amount_minor, captured_minor, state)
                    VALUES ('order:o', '{ID}', 'a', 'b', 'EUR', 5, 5, 'succeeded')""",
    "unconfirmed": f"INSERT INTO unconfirmed (subject, payment_id) VALUES ('order:o', '{ID}')",
    "tickets": """INSERT INTO tickets (subject, caller, payer_account_id, payee_account_id, currency, amount_minor,
                                       expires_at)
                  VALUES ('ticket:t', 'anyone', 'a', 'b', 'EUR', 5, now() + interval '1 day')""",
    "corrections": f"""INSERT INTO corrections (subject, correction_id, payment_id, kind, currency, amount_minor,
                                                reason, actor)
                       VALUES ('order:o', '{ID}', '{ID}', 'refund', 'EUR', 5, 'why', 'anyone')""",
    "history": f"""INSERT INTO history (subject, payment_id, event, actor, amount_minor)
                   VALUES ('order:o', '{ID}', 'charged', 'anyone', 5)""",
    "seals": "INSERT INTO seals (chain, block, positions, digests, hash) VALUES ('history', 1, '{1}', '{x}', 'x')",
    "transfers": f"""INSERT INTO transfers (transfer_id, kind, source_account_id, source_sequence, target_account_id,
                                            target_sequence) VALUES ('{ID}', 'deposit', 'x', 1, 'a', 1)""",
    "entries": f"""INSERT INTO entries (account_id, sequence, transfer_id, kind, currency, amount_minor,
                                        balance_after_minor) VALUES ('a', 1, '{ID}', 'deposit', 'EUR', 5, 5)""",
    "orders": """INSERT INTO orders (order_id, customer_id, payer_account_id, payee_account_id, currency, amount_minor,
                                     description) VALUES ('o', 'a', 'a', 'b', 'EUR', 5, '')""",
}
USE = f"UPDATE tickets SET status = 'used', payment_id = '{ID}'"
EXPIRE = "UPDATE tickets SET status = 'expired'"
COMPLETE = "UPDATE corrections SET completed_at = now()"
BEGIN = f"UPDATE payments SET correction_id = '{ID}'"


@pytest.fixture(scope="module")
def shared(postgres: Postgres) -> Iterator[psycopg.Connection]:
    """payments' database, a row in each table; for tests that leave it as it is."""
    yield from seeded(postgres)


@pytest.fixture
def own(postgres: Postgres) -> Iterator[psycopg.Connection]:
    """The same, for tests that commit."""
    yield from seeded(postgres)


def seeded(postgres: Postgres) -> Iterator[psycopg.Connection]:
    with psycopg.connect(raw(postgres.fresh("payments")), autocommit=True) as connection:
        for table, statement in SEED.items():
            if table != "orders":
                connection.execute(statement.encode())
        yield connection


def refused(connection: psycopg.Connection, *statements: str) -> None:
    """Each a transaction of its own; the last one is refused."""
    for statement in statements[:-1]:
        assert connection.execute(statement.encode()).rowcount == 1
    with pytest.raises(psycopg.errors.IntegrityError):
        connection.execute(statements[-1].encode())


def refused_in_one(connection: psycopg.Connection, *statements: str) -> None:
    """All in one transaction, which leaves nothing behind."""
    with connection.transaction(force_rollback=True):
        for statement in statements[:-1]:
            assert connection.execute(statement.encode()).rowcount == 1
        with pytest.raises(psycopg.errors.IntegrityError), connection.transaction():
            connection.execute(statements[-1].encode())


CONTENT = {
    "tickets": ["subject = 'ticket:u'", "caller = 'x'", "payer_account_id = 'x'", "payee_account_id = 'x'",
                "payee_account_id = NULL", "currency = 'USD'", "amount_minor = 6",
                "created_at = created_at - interval '1 s'", "expires_at = expires_at + interval '1 s'"],
    "corrections": ["subject = 'order:p'", f"correction_id = '{OTHER}'", f"payment_id = '{OTHER}'",
                    "kind = 'reversal', state_reason = 'x'", "currency = 'USD'", "amount_minor = 6", "reason = 'x'",
                    "actor = 'x'", "created_at = created_at - interval '1 s'"],
    "accounts": ["account_id = 'x'", "owner_id = 'x'", "kind = 'merchant'", "currency = 'USD'",
                 "created_at = created_at - interval '1 s'", "last_sequence = 2", "balance_minor = -1",
                 "held_minor = 6", "held_minor = -1"],
    "payments": ["subject = 'order:p'", f"payment_id = '{OTHER}'", "payer_account_id = 'x'", "payee_account_id = 'x'",
                 "currency = 'USD'", "amount_minor = 6", "created_at = created_at - interval '1 s'",
                 "expires_at = now()", "captured_minor = 4", "captured_minor = 6", "refunded_minor = 6",
                 "refunded_minor = -1",
                 "state = 'authorized', expires_at = now()", "state = 'voided', state_reason = 'x'",
                 "state = 'declined', state_reason = 'x'", "state = 'refunded'", "state = 'reversed'"],
}  # fmt: skip
CHANGES = [(table, change) for table, changes in CONTENT.items() for change in changes]


@pytest.mark.parametrize(("table", "change"), CHANGES)
def test_content_never_changes(shared: psycopg.Connection, table: str, change: str) -> None:
    # A legal step at the same time makes nothing else legal.
    step = {"tickets": "status = 'expired', ", "corrections": "completed_at = now(), "}.get(table, "")
    refused_in_one(shared, f"UPDATE {table} SET {step}{change}")


@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
@pytest.mark.parametrize(
    ("table", "column"), [("history", "reason"), ("seals", "hash"), ("entries", "kind"), ("transfers", "kind")]
)
def test_what_is_written_is_only_added_to(shared: psycopg.Connection, table: str, column: str, change: str) -> None:
    refused_in_one(shared, change.format(table, column, column))


@pytest.mark.parametrize(
    ("table", "update"),
    [
        ("tickets", USE),
        ("corrections", COMPLETE),
        ("accounts", "UPDATE accounts SET balance_minor = 4, last_sequence = 4"),
        ("payments", BEGIN),
        ("payments", "UPDATE payments SET refunded_minor = 1"),
    ],
)
def test_nothing_is_deleted_not_even_what_this_transaction_updated(
    shared: psycopg.Connection, table: str, update: str
) -> None:
    refused_in_one(shared, f"DELETE FROM {table}")
    refused_in_one(shared, update, f"DELETE FROM {table}")


def test_a_claim_is_let_go_by_the_transaction_that_made_it_alone(own: psycopg.Connection) -> None:
    made = SEED["payments"].replace("order:o", "order:p").replace(ID, OTHER)
    delete = "DELETE FROM payments WHERE subject = 'order:p'"
    with own.transaction():
        own.execute(made.encode())
        assert own.execute(delete.encode()).rowcount == 1
    refused(own, made, delete)


@pytest.mark.parametrize(
    "statements",
    [
        (USE, "UPDATE tickets SET status = 'unused', payment_id = NULL"),
        (USE, f"UPDATE tickets SET payment_id = '{OTHER}'"),
        (USE, "UPDATE tickets SET status = 'expired', payment_id = NULL"),
        (EXPIRE, "UPDATE tickets SET status = 'unused'"),
        (EXPIRE, USE),
        ("UPDATE tickets SET status = 'used'",),
        (COMPLETE, "UPDATE corrections SET completed_at = NULL"),
        (COMPLETE, "UPDATE corrections SET completed_at = now() + interval '1 s'"),
        (BEGIN, "UPDATE payments SET correction_id = NULL"),
        (BEGIN, f"UPDATE payments SET correction_id = '{OTHER}'"),
        ("UPDATE payments SET refunded_minor = 2", "UPDATE payments SET refunded_minor = 1"),
        ("UPDATE payments SET refunded_minor = 5, state = 'refunded'", "UPDATE payments SET state = 'succeeded'"),
        ("UPDATE payments SET state_reason = 'x', state = 'reversed'",
         "UPDATE payments SET state_reason = NULL, state = 'refunded', refunded_minor = 5"),
    ],
    ids=lambda statements: statements[-1],
)  # fmt: skip
def test_no_step_is_taken_back(own: psycopg.Connection, statements: Sequence[str]) -> None:
    refused(own, *statements)


def test_a_use_is_taken_back_by_its_own_transaction_while_nothing_was_paid(own: psycopg.Connection) -> None:
    back = "UPDATE tickets SET status = 'unused', payment_id = NULL"
    with own.transaction():
        own.execute(USE.encode())
        assert own.execute(back.encode()).rowcount == 1
    paid = SEED["payments"].replace("order:o", "ticket:t").replace(ID, OTHER)
    refused_in_one(own, paid, USE, back)


def test_one_payment_of_a_ticket(own: psycopg.Connection) -> None:
    paid = SEED["payments"].replace("order:o", "ticket:t")
    refused(own, paid.replace(ID, OTHER), paid.replace(ID, str(uuid.uuid4())))


def test_no_table_is_emptied(pair: Pair) -> None:
    """Every table there is, so that a new one is guarded too."""
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    emptied = []
    for url in (pair.orders_url, pair.payments_url):
        for (table,) in rows(url, tables):
            with psycopg.connect(raw(url), autocommit=True) as connection:
                try:
                    connection.execute(f"TRUNCATE {table}".encode())
                except psycopg.errors.IntegrityError:
                    continue
                emptied.append(table)
    assert not emptied
