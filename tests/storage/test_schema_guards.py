"""The schema refuses what the code must never ask for, whoever asks."""

from collections.abc import Sequence

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from order_service.storage import schema as orders_schema
from payment_service.storage import schema as payments_schema
from tests.harness.books import owe
from tests.harness.postgres import Pair, raw

ACCOUNT = "INSERT INTO accounts (account_id, owner_id, kind, currency, balance_minor) VALUES ('a', 'a', %s, 'EUR', 5)"
ENTRY = """INSERT INTO entries (account_id, sequence, transfer_id, kind, currency, amount_minor, balance_after_minor)
           VALUES ('a', 1, gen_random_uuid(), 'deposit', 'EUR', 5, 5)"""
TRANSFER = """INSERT INTO transfers (transfer_id, kind, source_account_id, source_sequence, target_account_id,
                                     target_sequence) VALUES (gen_random_uuid(), 'deposit', 'x', 1, 'a', 1)"""
ORDER = """INSERT INTO orders (order_id, customer_id, payer_account_id, payee_account_id, currency, amount_minor,
                               description, status) VALUES ('o', 'a', 'a', 'b', 'EUR', 5, '', %s)"""


def refused(url: str, error: type[psycopg.Error], *statements: tuple[str, Sequence[object]]) -> None:
    """Each of all but the last statements is committed; the last one must fail."""
    with psycopg.connect(raw(url), autocommit=True) as connection:
        for query, values in statements[:-1]:
            connection.execute(query.encode(), values)
        with pytest.raises(error):
            connection.execute(statements[-1][0].encode(), statements[-1][1])


def test_the_claim_lets_one_payment_of_an_order_in(pair: Pair) -> None:
    owe(pair.payments_url, "o")
    owe(pair.payments_url, "another")
    with pytest.raises(psycopg.errors.UniqueViolation):
        owe(pair.payments_url, "o")


def test_a_customer_is_never_below_zero(pair: Pair) -> None:
    overdraw = ("UPDATE accounts SET balance_minor = -1", ())
    refused(pair.payments_url, psycopg.errors.CheckViolation, (ACCOUNT, ["customer"]), overdraw)


@pytest.mark.parametrize("change", ["UPDATE {} SET kind = kind", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("table", ["entries", "transfers"])
def test_the_ledger_only_grows(pair: Pair, table: str, change: str) -> None:
    written = (ENTRY if table == "entries" else TRANSFER, ())
    refused(pair.payments_url, psycopg.errors.IntegrityError, written, (change.format(table), ()))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE payments SET state = 'voided', state_reason = 'x', captured_minor = 0",
        "DELETE FROM payments",
        "TRUNCATE payments",
    ],
)
def test_payments_move_along_their_arrows_only(pair: Pair, change: str) -> None:
    owe(pair.payments_url, "o")
    refused(pair.payments_url, psycopg.errors.IntegrityError, (change, ()))


@pytest.mark.parametrize(
    ("status", "change"),
    [
        ("cancelled", "UPDATE orders SET status = 'paid', payment_id = gen_random_uuid()"),
        ("cancelled", "UPDATE orders SET status = 'unpaid'"),
        ("unpaid", "UPDATE orders SET status = 'paid'"),
        ("unpaid", "DELETE FROM orders"),
        ("unpaid", "TRUNCATE orders"),
    ],
)
def test_orders_move_along_their_arrows_only(pair: Pair, status: str, change: str) -> None:
    refused(pair.orders_url, psycopg.errors.IntegrityError, (ORDER, [status]), (change, ()))


def test_migrations_build_what_the_schema_says(pair: Pair) -> None:
    for url, metadata in (
        (pair.orders_url, orders_schema.metadata),
        (pair.payments_url, payments_schema.metadata),
    ):
        with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
            # Constraints and indexes stand in the migrations alone.
            columns = {"include_object": lambda _object, _name, kind, *_: kind in ("table", "column")}
            assert compare_metadata(MigrationContext.configure(connection, opts=columns), metadata) == []
