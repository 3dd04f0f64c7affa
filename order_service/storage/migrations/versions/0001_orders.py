"""orders, and the arrows its status may take

Revision ID: 0001
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE orders (
            order_id         text NOT NULL,
            customer_id      text NOT NULL,
            payer_account_id text NOT NULL,
            payee_account_id text NOT NULL,
            currency         char(3) NOT NULL,
            amount_minor     bigint NOT NULL,
            description      text NOT NULL,
            status           text NOT NULL DEFAULT 'unpaid',
            payment_id       uuid,
            created_at       timestamptz NOT NULL DEFAULT now(),
            paid_at          timestamptz,
            cancelled_at     timestamptz,
            CONSTRAINT orders_pkey PRIMARY KEY (order_id),
            CONSTRAINT orders_amount_positive CHECK (amount_minor > 0),
            CONSTRAINT orders_status_known CHECK (status IN ('unpaid', 'paid', 'cancelled', 'refunded')),
            CONSTRAINT orders_paid_by_a_payment
                CHECK ((status IN ('paid', 'refunded')) = (payment_id IS NOT NULL))
        )
    """)
    op.execute("CREATE INDEX orders_newest ON orders (created_at, order_id)")
    op.execute("CREATE INDEX orders_of_customer ON orders (customer_id, created_at, order_id)")
    # The last line of defence: whatever a statement says, only these arrows exist.
    op.execute("""
        CREATE FUNCTION orders_guard() RETURNS trigger LANGUAGE plpgsql AS $$
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
                OLD.amount_minor, OLD.created_at)
               IS DISTINCT FROM
               (NEW.order_id, NEW.customer_id, NEW.payer_account_id, NEW.payee_account_id, NEW.currency,
                NEW.amount_minor, NEW.created_at)
               OR (OLD.payment_id IS NOT NULL AND OLD.payment_id IS DISTINCT FROM NEW.payment_id) THEN
                RAISE EXCEPTION 'the content of order % never changes', OLD.order_id
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER orders_guard BEFORE UPDATE OR DELETE ON orders
        FOR EACH ROW EXECUTE FUNCTION orders_guard()
    """)


def downgrade() -> None:
    op.execute("DROP TABLE orders")
    op.execute("DROP FUNCTION orders_guard")
