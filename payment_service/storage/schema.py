"""The `payments` database as the statements see it: tables and columns; a test holds them to the migrations.

Constraints, guards and indexes stand in the migrations alone.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB, UUID

metadata = sa.MetaData()


def _text(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _minor(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _uuid(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, UUID(as_uuid=True), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.TIMESTAMP(timezone=True), nullable=nullable)


def _currency(*, nullable: bool = False) -> sa.Column[object]:
    return sa.Column("currency", sa.CHAR(3), nullable=nullable)


accounts = sa.Table(
    "accounts",
    metadata,
    _text("account_id"),
    _text("owner_id"),
    _text("kind"),
    _currency(),
    _minor("balance_minor"),
    _minor("held_minor"),
    _minor("last_sequence"),
    _time("created_at"),
)

transfers = sa.Table(
    "transfers",
    metadata,
    _uuid("transfer_id"),
    _text("kind"),
    _uuid("payment_id", nullable=True),
    _time("created_at"),
    sa.Column("position", sa.BigInteger, sa.Identity(always=True), nullable=False),
    _text("source_account_id"),
    _minor("source_sequence"),
    _text("target_account_id"),
    _minor("target_sequence"),
)

entries = sa.Table(
    "entries",
    metadata,
    _text("account_id"),
    _minor("sequence"),
    _uuid("transfer_id"),
    _text("kind"),
    _uuid("payment_id", nullable=True),
    _currency(),
    _minor("amount_minor"),
    _minor("balance_after_minor"),
    _time("created_at"),
)

payments = sa.Table(
    "payments",
    metadata,
    _text("subject"),
    _uuid("payment_id"),
    _text("payer_account_id"),
    _text("payee_account_id"),
    _currency(),
    _minor("amount_minor"),
    _text("state"),
    _text("state_reason", nullable=True),
    _time("created_at"),
    _time("reversed_at", nullable=True),
    _minor("captured_minor"),
    _minor("refunded_minor"),
    _time("refunded_at", nullable=True),
    _time("expires_at", nullable=True),
    _uuid("correction_id", nullable=True),
)

unconfirmed = sa.Table(
    "unconfirmed",
    metadata,
    _text("subject"),
    _uuid("payment_id"),
    _time("check_at"),
    sa.Column("checks", sa.Integer, nullable=False),
)

tickets = sa.Table(
    "tickets",
    metadata,
    _text("subject"),
    _text("caller"),
    _text("payer_account_id"),
    _text("payee_account_id", nullable=True),
    _currency(nullable=True),
    _minor("amount_minor", nullable=True),
    _text("status"),
    _uuid("payment_id", nullable=True),
    _time("created_at"),
    _time("expires_at"),
)

corrections = sa.Table(
    "corrections",
    metadata,
    _text("subject"),
    _uuid("correction_id"),
    _uuid("payment_id"),
    _text("kind"),
    _currency(),
    _minor("amount_minor"),
    _text("state_reason", nullable=True),
    _text("reason"),
    _text("actor"),
    _time("created_at"),
    _time("completed_at", nullable=True),
    _time("check_at"),
    sa.Column("checks", sa.Integer, nullable=False),
)

history = sa.Table(
    "history",
    metadata,
    _text("subject"),
    sa.Column("position", sa.BigInteger, sa.Identity(always=True), nullable=False),
    _uuid("payment_id"),
    _text("event"),
    _text("actor"),
    _text("reason", nullable=True),
    _minor("amount_minor"),
    _time("created_at"),
)

requests = sa.Table(
    "requests",
    metadata,
    _text("caller"),
    _text("method"),
    _text("request_id"),
    sa.Column("fingerprint", JSONB, nullable=False),
    sa.Column("response", JSONB),
    _time("created_at"),
)

seals = sa.Table(
    "seals",
    metadata,
    _text("chain"),
    _minor("block"),
    sa.Column("positions", ARRAY(sa.BigInteger), nullable=False),
    sa.Column("digests", ARRAY(BYTEA), nullable=False),
    sa.Column("hash", BYTEA, nullable=False),
    _time("sealed_at"),
)

seal_heads = sa.Table(
    "seal_heads",
    metadata,
    _text("chain"),
    _minor("block"),
    _minor("position"),
    sa.Column("hash", BYTEA, nullable=False),
)
