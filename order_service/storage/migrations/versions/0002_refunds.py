"""when an order was refunded; listing a merchant's orders; the guard covers every column

Revision ID: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


GUARD = """
CREATE OR REPLACE FUNCTION orders_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'orders are never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (OLD.status, NEW.status) NOT IN
        (('unpaid', 'paid'), ('unpaid', 'cancelled'), ('paid', 'refunded')) THEN
        RAISE EXCEPTION 'order % cannot go from % to %', OLD.order_id, OLD.status, NEW.status
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (OLD.order_id, OLD.customer_id, OLD.payer_account_id, OLD.payee_account_id, OLD.currency,
        OLD.amount_minor, OLD.description, OLD.created_at)
       IS DISTINCT FROM
       (NEW.order_id, NEW.customer_id, NEW.payer_account_id, NEW.payee_account_id, NEW.currency,
        NEW.amount_minor, NEW.description, NEW.created_at)
       OR (OLD.payment_id IS NOT NULL AND OLD.payment_id IS DISTINCT FROM NEW.payment_id)
       OR (OLD.paid_at IS NOT NULL AND OLD.paid_at IS DISTINCT FROM NEW.paid_at) THEN
        RAISE EXCEPTION 'the content of order % never changes', OLD.order_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION never_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% are never deleted', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER orders_no_truncate BEFORE TRUNCATE ON orders
    FOR EACH STATEMENT EXECUTE FUNCTION never_truncated();
"""


def upgrade() -> None:
    op.execute("ALTER TABLE orders ADD COLUMN refunded_at timestamptz")
    op.execute("CREATE INDEX orders_of_payee ON orders (payee_account_id, created_at, order_id)")
    op.execute(GUARD)


def downgrade() -> None:
    raise RuntimeError("the older guard protects less; restore a backup instead")
