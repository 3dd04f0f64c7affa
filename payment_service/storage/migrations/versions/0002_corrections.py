"""tickets, authorizations, corrections (refund, reversal, void)

A payment is for a subject now: `order:…` or `ticket:…`. The subject is the shard key of all that belongs to a payment.

Revision ID: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ACCOUNTS = """
ALTER TABLE accounts ADD COLUMN held_minor bigint NOT NULL DEFAULT 0,
    DROP CONSTRAINT accounts_no_overdraft,
    ADD CONSTRAINT accounts_held_not_negative CHECK (held_minor >= 0),
    ADD CONSTRAINT accounts_no_overdraft CHECK (kind <> 'customer' OR balance_minor >= held_minor);
CREATE INDEX accounts_of_owner ON accounts (owner_id, account_id);
CREATE FUNCTION accounts_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (OLD.account_id, OLD.owner_id, OLD.kind, OLD.currency, OLD.created_at)
          IS DISTINCT FROM (NEW.account_id, NEW.owner_id, NEW.kind, NEW.currency, NEW.created_at)
       OR NEW.last_sequence < OLD.last_sequence THEN
        RAISE EXCEPTION 'of account % only the balance changes', OLD.account_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounts_guard BEFORE UPDATE OR DELETE ON accounts
    FOR EACH ROW EXECUTE FUNCTION accounts_guard();
CREATE TRIGGER accounts_no_truncate BEFORE TRUNCATE ON accounts
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
"""

# `position` counts transfers in about the order of their commits; the seals follow it. The legs are found by their key.
TRANSFERS = """
ALTER TABLE transfers DISABLE TRIGGER transfers_append_only;
ALTER TABLE transfers
    ADD COLUMN position bigint GENERATED ALWAYS AS IDENTITY,
    ADD COLUMN source_account_id text,
    ADD COLUMN source_sequence bigint,
    ADD COLUMN target_account_id text,
    ADD COLUMN target_sequence bigint,
    DROP CONSTRAINT transfers_kind_known,
    DROP CONSTRAINT transfers_of_a_payment,
    ADD CONSTRAINT transfers_kind_known CHECK (kind IN ('deposit', 'withdrawal', 'charge', 'reversal', 'refund')),
    ADD CONSTRAINT transfers_of_a_payment CHECK ((kind IN ('deposit', 'withdrawal')) = (payment_id IS NULL));
UPDATE transfers SET source_account_id = e.account_id, source_sequence = e.sequence
  FROM entries e WHERE e.transfer_id = transfers.transfer_id AND e.amount_minor < 0;
UPDATE transfers SET target_account_id = e.account_id, target_sequence = e.sequence
  FROM entries e WHERE e.transfer_id = transfers.transfer_id AND e.amount_minor > 0;
ALTER TABLE transfers
    ALTER COLUMN source_account_id SET NOT NULL,
    ALTER COLUMN source_sequence SET NOT NULL,
    ALTER COLUMN target_account_id SET NOT NULL,
    ALTER COLUMN target_sequence SET NOT NULL;
CREATE UNIQUE INDEX transfers_position ON transfers (position, transfer_id);
ALTER TABLE transfers ENABLE TRIGGER transfers_append_only;
"""

PAYMENTS = """
ALTER TABLE payments DISABLE TRIGGER payments_guard;
ALTER TABLE payments RENAME COLUMN order_id TO subject;
ALTER TABLE payments
    ADD COLUMN captured_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN refunded_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN refunded_at timestamptz,
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN correction_id uuid,
    DROP CONSTRAINT payments_amount_positive,
    DROP CONSTRAINT payments_state_known,
    DROP CONSTRAINT payments_reason_given;
UPDATE payments
   SET subject = 'order:' || subject,
       captured_minor = CASE WHEN state = 'declined' THEN 0 ELSE amount_minor END;
-- A void payment may be of a ticket that left its amount open.
ALTER TABLE payments
    ADD CONSTRAINT payments_amount_positive CHECK (amount_minor > 0 OR state = 'voided' AND amount_minor = 0),
    ADD CONSTRAINT payments_state_known
        CHECK (state IN ('authorized', 'succeeded', 'declined', 'reversed', 'refunded', 'voided')),
    ADD CONSTRAINT payments_reason_given
        CHECK ((state IN ('declined', 'reversed', 'voided')) = (state_reason IS NOT NULL)),
    ADD CONSTRAINT payments_captured CHECK (captured_minor BETWEEN 0 AND amount_minor
        AND (captured_minor > 0) = (state IN ('succeeded', 'reversed', 'refunded'))),
    ADD CONSTRAINT payments_refunded CHECK (refunded_minor BETWEEN 0 AND captured_minor
        AND (state <> 'refunded' OR refunded_minor = captured_minor)),
    ADD CONSTRAINT payments_authorized_until CHECK (state <> 'authorized' OR expires_at IS NOT NULL);
CREATE INDEX payments_of_payer ON payments (payer_account_id, payment_id);
CREATE INDEX payments_of_payee ON payments (payee_account_id, payment_id);
CREATE INDEX payments_authorized ON payments (expires_at) WHERE state = 'authorized' AND correction_id IS NULL;
ALTER TABLE payments ENABLE TRIGGER payments_guard;
"""

TRANSITIONS = """
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
       OR (OLD.confirmed_at IS NOT NULL AND OLD.confirmed_at IS DISTINCT FROM NEW.confirmed_at)
       OR (OLD.correction_id IS NOT NULL AND OLD.correction_id IS DISTINCT FROM NEW.correction_id)
       OR (OLD.state <> 'authorized' AND OLD.captured_minor <> NEW.captured_minor)
       OR OLD.refunded_minor > NEW.refunded_minor THEN
        RAISE EXCEPTION 'the content of payment % never changes', OLD.payment_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
"""

TICKETS = """
CREATE TABLE tickets (
    subject          text NOT NULL,
    caller           text NOT NULL,
    payer_account_id text NOT NULL,
    payee_account_id text,
    currency         char(3),
    amount_minor     bigint,
    status           text NOT NULL DEFAULT 'unused',
    payment_id       uuid,
    created_at       timestamptz NOT NULL DEFAULT now(),
    expires_at       timestamptz NOT NULL,
    CONSTRAINT tickets_pkey PRIMARY KEY (subject),
    CONSTRAINT tickets_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT tickets_amount_whole CHECK ((currency IS NULL) = (amount_minor IS NULL)),
    CONSTRAINT tickets_status_known CHECK (status IN ('unused', 'used', 'expired')),
    CONSTRAINT tickets_used_by_a_payment CHECK ((status = 'used') = (payment_id IS NOT NULL))
);
CREATE FUNCTION tickets_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'tickets are never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (OLD.status, NEW.status) NOT IN (('unused', 'used'), ('unused', 'expired'))
       -- A use may be taken back only by the transaction that made it: the attempt was declined.
       AND NOT ((OLD.status, NEW.status) = ('used', 'unused') AND OLD.xmin = pg_current_xact_id()::xid
                AND NOT EXISTS (SELECT FROM payments p WHERE p.subject = OLD.subject AND p.state <> 'declined')) THEN
        RAISE EXCEPTION 'a ticket cannot go from % to %', OLD.status, NEW.status
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (OLD.subject, OLD.caller, OLD.payer_account_id, OLD.payee_account_id, OLD.currency, OLD.amount_minor,
        OLD.created_at, OLD.expires_at)
       IS DISTINCT FROM
       (NEW.subject, NEW.caller, NEW.payer_account_id, NEW.payee_account_id, NEW.currency, NEW.amount_minor,
        NEW.created_at, NEW.expires_at) THEN
        RAISE EXCEPTION 'the content of a ticket never changes' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tickets_guard BEFORE UPDATE OR DELETE ON tickets
    FOR EACH ROW EXECUTE FUNCTION tickets_guard();
CREATE TRIGGER tickets_no_truncate BEFORE TRUNCATE ON tickets
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
"""

# A correction is the intent to take something back: written first, carried out after the order is final.
CORRECTIONS = """
CREATE TABLE corrections (
    subject       text NOT NULL,
    correction_id uuid NOT NULL,
    payment_id    uuid NOT NULL,
    kind          text NOT NULL,
    currency      char(3) NOT NULL,
    amount_minor  bigint NOT NULL,
    state_reason  text,
    reason        text NOT NULL,
    actor         text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    completed_at  timestamptz,
    check_at      timestamptz NOT NULL DEFAULT now() + interval '2 seconds',
    checks        integer NOT NULL DEFAULT 0,
    CONSTRAINT corrections_pkey PRIMARY KEY (subject, correction_id),
    CONSTRAINT corrections_kind_known CHECK (kind IN ('refund', 'reversal', 'void')),
    CONSTRAINT corrections_amount CHECK (amount_minor > 0 OR kind = 'void' AND amount_minor = 0),
    CONSTRAINT corrections_reason_given CHECK ((kind = 'refund') = (state_reason IS NULL))
);
CREATE INDEX corrections_unfinished ON corrections (check_at) WHERE completed_at IS NULL;
-- Reversals from before this revision: done, and for a reason that the payment tells.
INSERT INTO corrections (subject, correction_id, payment_id, kind, currency, amount_minor, state_reason, reason, actor,
                         created_at, completed_at)
SELECT subject, gen_random_uuid(), payment_id, 'reversal', currency, amount_minor, state_reason, '', 'completer',
       reversed_at, reversed_at
  FROM payments WHERE state = 'reversed';
ALTER TABLE payments DISABLE TRIGGER payments_guard;
UPDATE payments SET correction_id = c.correction_id FROM corrections c WHERE c.payment_id = payments.payment_id;
ALTER TABLE payments ENABLE TRIGGER payments_guard;
CREATE FUNCTION corrections_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.completed_at IS NOT NULL
       OR (OLD.subject, OLD.correction_id, OLD.payment_id, OLD.kind, OLD.currency, OLD.amount_minor, OLD.state_reason,
           OLD.reason, OLD.actor, OLD.created_at)
          IS DISTINCT FROM
          (NEW.subject, NEW.correction_id, NEW.payment_id, NEW.kind, NEW.currency, NEW.amount_minor, NEW.state_reason,
           NEW.reason, NEW.actor, NEW.created_at) THEN
        RAISE EXCEPTION 'a correction is completed, once, and nothing else of it changes'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER corrections_guard BEFORE UPDATE OR DELETE ON corrections
    FOR EACH ROW EXECUTE FUNCTION corrections_guard();
CREATE TRIGGER corrections_no_truncate BEFORE TRUNCATE ON corrections
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
"""


def upgrade() -> None:
    for part in (ACCOUNTS, TRANSFERS, PAYMENTS, TRANSITIONS, TICKETS, CORRECTIONS):
        op.execute(part)


def downgrade() -> None:
    raise RuntimeError("a payment without an order has no place in revision 0001; restore a backup instead")
