"""whose orders they are, as a merchant's

Only expands: the version before this one runs beside it, and its orders have no merchant. The new index is of orders
that have one, so there is nothing to write into it yet; to see that, the table is read once, while others write to it.
Decision 0021 says why.

Revision ID: 0004
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
oldest_code = "0003"

# All of it may be there: the index is built after this was committed, and an attempt may end in between.
MERCHANT = 'ALTER TABLE orders ADD COLUMN IF NOT EXISTS merchant_id text COLLATE "C"'
GUARD = """
DROP TRIGGER orders_guard ON orders;
CREATE TRIGGER orders_guard BEFORE UPDATE ON orders FOR EACH ROW
    WHEN ((OLD.status, NEW.status) NOT IN (('unpaid', 'paid'), ('unpaid', 'cancelled'), ('paid', 'refunded'))
          OR OLD.order_id <> NEW.order_id OR OLD.customer_id <> NEW.customer_id
          OR OLD.payer_account_id <> NEW.payer_account_id OR OLD.payee_account_id <> NEW.payee_account_id
          OR OLD.currency <> NEW.currency OR OLD.amount_minor <> NEW.amount_minor
          OR OLD.description <> NEW.description OR OLD.created_at <> NEW.created_at
          OR OLD.merchant_id IS DISTINCT FROM NEW.merchant_id
          OR (OLD.payment_id IS NOT NULL AND OLD.payment_id IS DISTINCT FROM NEW.payment_id)
          OR (OLD.paid_at IS NOT NULL AND OLD.paid_at IS DISTINCT FROM NEW.paid_at))
    EXECUTE FUNCTION orders_guard();
"""
INDEX = """
CREATE INDEX CONCURRENTLY orders_of_merchant ON orders (merchant_id, created_at, order_id)
 WHERE merchant_id IS NOT NULL
"""


def upgrade() -> None:
    op.execute(MERCHANT)
    op.execute(GUARD)
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # it waits for transactions, and nobody waits for it
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS orders_of_merchant")  # half built, by an earlier attempt
        op.execute(INDEX)


def downgrade() -> None:
    raise RuntimeError("the older guard protects less; restore a backup instead")
