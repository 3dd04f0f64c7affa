"""what is unconfirmed in a table of its own; ids ordered by their bytes; guards that cost nothing until they are needed

Decision 0019 says why.

Revision ID: 0004
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# What is ordered by bytes does not depend on the server's locale, nor on the version of its rules: an index that those
# changed under would let a second claim in.
IDS = {
    "accounts": ("account_id", "owner_id"),
    "transfers": ("source_account_id", "target_account_id"),
    "entries": ("account_id",),
    "payments": ("subject", "payer_account_id", "payee_account_id"),
    "requests": ("caller", "method", "request_id"),
    "tickets": ("subject", "caller", "payer_account_id", "payee_account_id"),
    "corrections": ("subject",),
    "history": ("subject",),
}

# A row for each payment that is charged and whose order is not known to be PAID by it. It is gone as soon as it is, so
# that a payment itself is written once, and enters its indexes once.
UNCONFIRMED = """
CREATE TABLE unconfirmed (
    subject    text COLLATE "C" NOT NULL,
    payment_id uuid NOT NULL,
    check_at   timestamptz NOT NULL DEFAULT now() + interval '2 seconds',
    checks     integer NOT NULL DEFAULT 0,
    CONSTRAINT unconfirmed_pkey PRIMARY KEY (payment_id, subject)
);
INSERT INTO unconfirmed (subject, payment_id, check_at, checks)
SELECT subject, payment_id, check_at, checks FROM payments WHERE state = 'succeeded' AND confirmed_at IS NULL;
CREATE TRIGGER unconfirmed_guard BEFORE UPDATE ON unconfirmed
    FOR EACH ROW WHEN ((OLD.subject, OLD.payment_id) IS DISTINCT FROM (NEW.subject, NEW.payment_id))
    EXECUTE FUNCTION append_only();
CREATE TRIGGER unconfirmed_no_truncate BEFORE TRUNCATE ON unconfirmed
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
"""

PAYMENTS = """
DROP INDEX payments_unconfirmed;
DROP INDEX payments_by_id;
ALTER TABLE payments
    DROP COLUMN confirmed_at,
    DROP COLUMN check_at,
    DROP COLUMN checks,
    DROP CONSTRAINT payments_pkey,
    ADD CONSTRAINT payments_pkey PRIMARY KEY (payment_id, subject);
CREATE INDEX payments_declined ON payments (subject) WHERE state = 'declined';
"""

# The conditions stand in the triggers: the functions are called by what is to be refused alone.
GUARDS = """
CREATE OR REPLACE FUNCTION payments_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        -- A claim may be let go only by the transaction that made it: nobody else ever saw it. (`xmin` alone would also
        -- be true of a row that this transaction has only updated.)
        IF OLD.xmin <> pg_current_xact_id()::xid OR OLD.created_at <> transaction_timestamp() THEN
            RAISE EXCEPTION 'payments are never deleted' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN
        (('succeeded', 'reversed'), ('succeeded', 'refunded'),
         ('authorized', 'succeeded'), ('authorized', 'voided')) THEN
        RAISE EXCEPTION 'payment % cannot go from % to %', OLD.payment_id, OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (OLD.subject, OLD.payment_id, OLD.payer_account_id, OLD.payee_account_id, OLD.currency,
        OLD.amount_minor, OLD.created_at, OLD.expires_at)
       IS DISTINCT FROM
       (NEW.subject, NEW.payment_id, NEW.payer_account_id, NEW.payee_account_id, NEW.currency,
        NEW.amount_minor, NEW.created_at, NEW.expires_at)
       OR (OLD.correction_id IS NOT NULL AND OLD.correction_id IS DISTINCT FROM NEW.correction_id)
       OR (OLD.state <> 'authorized' AND OLD.captured_minor <> NEW.captured_minor)
       OR OLD.refunded_minor > NEW.refunded_minor THEN
        RAISE EXCEPTION 'the content of payment % never changes', OLD.payment_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION accounts_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'of account % only the balance changes', OLD.account_id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
DROP TRIGGER accounts_guard ON accounts;
CREATE TRIGGER accounts_guard BEFORE UPDATE ON accounts FOR EACH ROW
    WHEN (OLD.account_id <> NEW.account_id OR OLD.owner_id <> NEW.owner_id OR OLD.kind <> NEW.kind
          OR OLD.currency <> NEW.currency OR OLD.created_at <> NEW.created_at
          OR NEW.last_sequence < OLD.last_sequence)
    EXECUTE FUNCTION accounts_guard();
CREATE TRIGGER accounts_no_delete BEFORE DELETE ON accounts FOR EACH ROW EXECUTE FUNCTION accounts_guard();
"""

# Balances change all the time: with room on their pages the new rows need no new index entries. Digests can't be
# compressed, so nobody need try.
ROOM = """
ALTER TABLE accounts SET (fillfactor = 50);
ALTER TABLE unconfirmed SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
ALTER TABLE seals ALTER COLUMN digests SET STORAGE EXTERNAL;
"""


def upgrade() -> None:
    for table, columns in IDS.items():
        changes = ", ".join(f'ALTER COLUMN {column} TYPE text COLLATE "C"' for column in columns)
        op.execute(f"ALTER TABLE {table} {changes}")
    for part in (UNCONFIRMED, PAYMENTS, GUARDS, ROOM):
        op.execute(part)


def downgrade() -> None:
    raise RuntimeError("the older tables take more writing and protect no better; restore a backup instead")
