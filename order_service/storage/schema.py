"""The `orders` database. Migrations build it; a test holds the two together."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

metadata = sa.MetaData()

orders = sa.Table(
    "orders",
    metadata,
    sa.Column("order_id", sa.Text, nullable=False),
    sa.Column("customer_id", sa.Text, nullable=False),
    sa.Column("payer_account_id", sa.Text, nullable=False),
    sa.Column("payee_account_id", sa.Text, nullable=False),
    sa.Column("currency", sa.CHAR(3), nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False, server_default="unpaid"),
    sa.Column("payment_id", UUID(as_uuid=True)),
    sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Column("paid_at", sa.TIMESTAMP(timezone=True)),
    sa.Column("cancelled_at", sa.TIMESTAMP(timezone=True)),
    sa.PrimaryKeyConstraint("order_id", name="orders_pkey"),
    sa.CheckConstraint("amount_minor > 0", name="orders_amount_positive"),
    sa.CheckConstraint("status IN ('unpaid', 'paid', 'cancelled', 'refunded')", name="orders_status_known"),
    sa.CheckConstraint("(status IN ('paid', 'refunded')) = (payment_id IS NOT NULL)", name="orders_paid_by_a_payment"),
    sa.Index("orders_newest", "created_at", "order_id"),
    sa.Index("orders_of_customer", "customer_id", "created_at", "order_id"),
)
