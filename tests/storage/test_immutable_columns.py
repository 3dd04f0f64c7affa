"""What a row says when it is written, it says for ever: every column that is not known to change is immutable.

The columns are the schema's own, so that a new one is held to it before anybody thinks of it.
"""

from dataclasses import dataclass

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from order_service.storage import schema as orders_schema
from payment_service.storage import schema as payments_schema
from tests.harness.books import owe
from tests.harness.postgres import Pair, raw

ACCOUNT = b"""INSERT INTO accounts (account_id, owner_id, kind, currency, balance_minor)
             VALUES ('a', 'a', 'customer', 'EUR', 5)"""
CORRECTION = b"""INSERT INTO corrections
    (subject, correction_id, payment_id, kind, currency, amount_minor, reason, actor)
    VALUES ('order:o', gen_random_uuid(), gen_random_uuid(), 'refund', 'EUR', 5, '', 'a')"""
TICKET = b"""INSERT INTO tickets
    (subject, caller, payer_account_id, payee_account_id, currency, amount_minor, expires_at)
    VALUES ('ticket:t', 'a', 'a', 'b', 'EUR', 5, now())"""
REQUEST = b"""INSERT INTO requests (caller, method, request_id, fingerprint) VALUES ('a', 'Deposit', 'r', '{"a": 1}')"""
ORDER = b"""INSERT INTO orders (order_id, customer_id, payer_account_id, payee_account_id, currency, amount_minor,
                                description) VALUES ('o', 'a', 'a', 'b', 'EUR', 5, '')"""

ROWS = {
    "accounts": ACCOUNT, "orders": ORDER, "corrections": CORRECTION, "tickets": TICKET, "requests": REQUEST,
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A table, the columns that may change, and an UPDATE that is legal as long as nothing is added to it."""

    table: sa.Table
    mutable: frozenset[str]
    legal: str

    @property
    def immutable(self) -> list[str]:
        assert self.mutable <= {column.name for column in self.table.columns}
        return [column.name for column in self.table.columns if column.name not in self.mutable]


CASES = [
    Case(
        orders_schema.orders,
        frozenset({"status", "payment_id", "paid_at", "cancelled_at", "refunded_at"}),
        "status = 'cancelled', cancelled_at = now()",
    ),
    Case(
        payments_schema.accounts,
        frozenset({"balance_minor", "held_minor", "last_sequence"}),
        "balance_minor = 4, last_sequence = last_sequence + 1",
    ),
    Case(
        payments_schema.payments,
        frozenset(
            {
                "state",
                "state_reason",
                "reversed_at",
                "refunded_at",
                "refunded_minor",
                "correction_id",
            }
        ),
        "refunded_minor = refunded_minor + 1",
    ),
    Case(payments_schema.unconfirmed, frozenset({"check_at", "checks"}), "checks = checks + 1"),
    Case(payments_schema.corrections, frozenset({"completed_at", "check_at", "checks"}), "completed_at = now()"),
    Case(payments_schema.tickets, frozenset({"status", "payment_id"}), "status = 'expired'"),
    Case(payments_schema.requests, frozenset({"response"}), "response = '{}'"),
]


def another(column: sa.Column[object]) -> str:
    """An expression of the column's type, and within its CHECKs, that differs from what stands there."""
    if column.name == "kind":
        return "'merchant'"
    kinds: list[tuple[type, str]] = [
        (sa.CHAR, "'USD'"),
        (sa.Text, f"coalesce({column.name}, '') || 'x'"),
        (JSONB, f"{column.name} || '{{\"x\": 1}}'"),
        (sa.Integer, f"{column.name} + 1"),
        (sa.UUID, "gen_random_uuid()"),
        (sa.TIMESTAMP, f"coalesce({column.name}, now()) + interval '1 day'"),
    ]
    return next(other for kind, other in kinds if isinstance(column.type, kind))


@pytest.mark.parametrize(
    ("case", "column"),
    [pytest.param(case, name, id=f"{case.table.name}.{name}") for case in CASES for name in case.immutable],
)
def test_content_never_changes(pair: Pair, case: Case, column: str) -> None:
    with written(pair, case) as connection:
        changing = f"UPDATE {case.table.name} SET {case.legal}, {column} = {another(case.table.c[column])}"
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            connection.execute(changing.encode())
        # It was the column: without it the same UPDATE is legal.
        assert connection.execute(f"UPDATE {case.table.name} SET {case.legal}".encode()).rowcount == 1


def written(pair: Pair, case: Case) -> psycopg.Connection:
    """A connection to a database that holds one row of the table."""
    url = pair.orders_url if case.table.metadata is orders_schema.metadata else pair.payments_url
    connection = psycopg.connect(raw(url), autocommit=True)
    if case.table.name in ("payments", "unconfirmed"):
        owe(url, "o")
    else:
        connection.execute(ROWS[case.table.name])
    return connection
