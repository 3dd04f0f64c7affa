"""The `payments` database. Migrations build it; a test holds the two together."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

metadata = sa.MetaData()
_now = sa.func.now()


def _uuid(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, UUID(as_uuid=True), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.TIMESTAMP(timezone=True), nullable=nullable, server_default=None if nullable else _now)


accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("account_id", sa.Text, nullable=False),
    sa.Column("owner_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("currency", sa.CHAR(3), nullable=False),
    sa.Column("balance_minor", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("last_sequence", sa.BigInteger, nullable=False, server_default="0"),
    _time("created_at"),
    sa.PrimaryKeyConstraint("account_id", name="accounts_pkey"),
    sa.CheckConstraint("kind IN ('customer', 'merchant', 'system')", name="accounts_kind_known"),
    sa.CheckConstraint("kind <> 'customer' OR balance_minor >= 0", name="accounts_no_overdraft"),
)

transfers = sa.Table(
    "transfers",
    metadata,
    _uuid("transfer_id"),
    sa.Column("kind", sa.Text, nullable=False),
    _uuid("payment_id", nullable=True),
    _time("created_at"),
    sa.PrimaryKeyConstraint("transfer_id", name="transfers_pkey"),
    sa.CheckConstraint("kind IN ('deposit', 'charge', 'reversal')", name="transfers_kind_known"),
    sa.CheckConstraint("(kind = 'deposit') = (payment_id IS NULL)", name="transfers_of_a_payment"),
)

entries = sa.Table(
    "entries",
    metadata,
    sa.Column("account_id", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    _uuid("transfer_id"),
    sa.Column("kind", sa.Text, nullable=False),
    _uuid("payment_id", nullable=True),
    sa.Column("currency", sa.CHAR(3), nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("balance_after_minor", sa.BigInteger, nullable=False),
    _time("created_at"),
    sa.PrimaryKeyConstraint("account_id", "sequence", name="entries_pkey"),
    sa.CheckConstraint("amount_minor <> 0", name="entries_amount_not_zero"),
)

payments = sa.Table(
    "payments",
    metadata,
    sa.Column("order_id", sa.Text, nullable=False),
    _uuid("payment_id"),
    sa.Column("payer_account_id", sa.Text, nullable=False),
    sa.Column("payee_account_id", sa.Text, nullable=False),
    sa.Column("currency", sa.CHAR(3), nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("state_reason", sa.Text),
    _time("created_at"),
    _time("confirmed_at", nullable=True),
    _time("reversed_at", nullable=True),
    sa.Column(
        "check_at",
        sa.TIMESTAMP(timezone=True),
        nullable=False,
        server_default=sa.text("now() + interval '2 seconds'"),
    ),
    sa.Column("checks", sa.Integer, nullable=False, server_default="0"),
    sa.PrimaryKeyConstraint("order_id", "payment_id", name="payments_pkey"),
    sa.CheckConstraint("amount_minor > 0", name="payments_amount_positive"),
    sa.CheckConstraint(
        "state IN ('succeeded', 'declined', 'reversed', 'refunded', 'voided')", name="payments_state_known"
    ),
    sa.CheckConstraint(
        "(state IN ('declined', 'reversed')) = (state_reason IS NOT NULL)", name="payments_reason_given"
    ),
    sa.Index("payments_claim", "order_id", unique=True, postgresql_where=sa.text("state <> 'declined'")),
    sa.Index("payments_by_id", "payment_id"),
    sa.Index(
        "payments_unconfirmed",
        "check_at",
        postgresql_where=sa.text("state = 'succeeded' AND confirmed_at IS NULL"),
    ),
)

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("caller", sa.Text, nullable=False),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.Column("fingerprint", JSONB, nullable=False),
    sa.Column("response", JSONB),
    _time("created_at"),
    sa.PrimaryKeyConstraint("caller", "method", "request_id", name="requests_pkey"),
)
