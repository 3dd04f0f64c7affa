"""accounts, the ledger, payments, and the guards that hold whatever the code does

Revision ID: 0001
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE accounts (
    account_id    text NOT NULL,
    owner_id      text NOT NULL,
    kind          text NOT NULL,
    currency      char(3) NOT NULL,
    balance_minor bigint NOT NULL DEFAULT 0,
    last_sequence bigint NOT NULL DEFAULT 0,
    created_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT accounts_pkey PRIMARY KEY (account_id),
    CONSTRAINT accounts_kind_known CHECK (kind IN ('customer', 'merchant', 'system')),
    CONSTRAINT accounts_no_overdraft CHECK (kind <> 'customer' OR balance_minor >= 0)
);
CREATE TABLE transfers (
    transfer_id uuid NOT NULL,
    kind        text NOT NULL,
    payment_id  uuid,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT transfers_pkey PRIMARY KEY (transfer_id),
    CONSTRAINT transfers_kind_known CHECK (kind IN ('deposit', 'charge', 'reversal')),
    CONSTRAINT transfers_of_a_payment CHECK ((kind = 'deposit') = (payment_id IS NULL))
);
CREATE TABLE entries (
    account_id          text NOT NULL,
    sequence            bigint NOT NULL,
    transfer_id         uuid NOT NULL,
    kind                text NOT NULL,
    payment_id          uuid,
    currency            char(3) NOT NULL,
    amount_minor        bigint NOT NULL,
    balance_after_minor bigint NOT NULL,
    created_at          timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT entries_pkey PRIMARY KEY (account_id, sequence),
    CONSTRAINT entries_amount_not_zero CHECK (amount_minor <> 0)
);
CREATE TABLE payments (
    order_id         text NOT NULL,
    payment_id       uuid NOT NULL,
    payer_account_id text NOT NULL,
    payee_account_id text NOT NULL,
    currency         char(3) NOT NULL,
    amount_minor     bigint NOT NULL,
    state            text NOT NULL,
    state_reason     text,
    created_at       timestamptz NOT NULL DEFAULT now(),
    confirmed_at     timestamptz,
    reversed_at      timestamptz,
    check_at         timestamptz NOT NULL DEFAULT now() + interval '2 seconds',
    checks           integer NOT NULL DEFAULT 0,
    CONSTRAINT payments_pkey PRIMARY KEY (order_id, payment_id),
    CONSTRAINT payments_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT payments_state_known
        CHECK (state IN ('succeeded', 'declined', 'reversed', 'refunded', 'voided')),
    CONSTRAINT payments_reason_given
        CHECK ((state IN ('declined', 'reversed')) = (state_reason IS NOT NULL))
);
CREATE INDEX payments_by_id ON payments (payment_id);
CREATE INDEX payments_unconfirmed ON payments (check_at)
    WHERE state = 'succeeded' AND confirmed_at IS NULL;
CREATE TABLE requests (
    caller      text NOT NULL,
    method      text NOT NULL,
    request_id  text NOT NULL,
    fingerprint jsonb NOT NULL,
    response    jsonb,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT requests_pkey PRIMARY KEY (caller, method, request_id)
);
"""

# The claim: one attempt per order, ever, that is anything else than declined. This index is what prevents the double
# charge; everything else only makes it rare that it has to.
CLAIM = "CREATE UNIQUE INDEX payments_claim ON payments (order_id) WHERE state <> 'declined'"

APPEND_ONLY = """
CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER transfers_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transfers
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER payments_no_truncate BEFORE TRUNCATE ON payments
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
"""

TRANSITIONS = """
CREATE FUNCTION payments_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        -- A claim may be let go only by the transaction that made it: nobody else ever saw it.
        IF OLD.xmin <> pg_current_xact_id()::xid THEN
            RAISE EXCEPTION 'payments are never deleted' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN
        (('succeeded', 'reversed'), ('succeeded', 'refunded')) THEN
        RAISE EXCEPTION 'payment % cannot go from % to %', OLD.payment_id, OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (OLD.order_id, OLD.payment_id, OLD.payer_account_id, OLD.payee_account_id, OLD.currency,
        OLD.amount_minor, OLD.created_at)
       IS DISTINCT FROM
       (NEW.order_id, NEW.payment_id, NEW.payer_account_id, NEW.payee_account_id, NEW.currency,
        NEW.amount_minor, NEW.created_at)
       OR (OLD.confirmed_at IS NOT NULL AND OLD.confirmed_at IS DISTINCT FROM NEW.confirmed_at) THEN
        RAISE EXCEPTION 'the content of payment % never changes', OLD.payment_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_guard BEFORE UPDATE OR DELETE ON payments
    FOR EACH ROW EXECUTE FUNCTION payments_guard();
"""


def upgrade() -> None:
    for part in (TABLES, CLAIM, APPEND_ONLY, TRANSITIONS):
        op.execute(part)


def downgrade() -> None:
    for table in ("accounts", "transfers", "entries", "payments", "requests"):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP FUNCTION append_only")
    op.execute("DROP FUNCTION payments_guard")
