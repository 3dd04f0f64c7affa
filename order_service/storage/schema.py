"""The `orders` database as the statements see it: tables and columns; a test holds them to the migrations.

Constraints, guards and indexes stand in the migrations alone.
"""

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
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("payment_id", UUID(as_uuid=True)),
    sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column("paid_at", sa.TIMESTAMP(timezone=True)),
    sa.Column("cancelled_at", sa.TIMESTAMP(timezone=True)),
    sa.Column("refunded_at", sa.TIMESTAMP(timezone=True)),
    sa.Column("merchant_id", sa.Text),
)
