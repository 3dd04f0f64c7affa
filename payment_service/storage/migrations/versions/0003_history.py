"""history, seals over it and the ledger, and a guard of requests

Revision ID: 0003
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

HISTORY = """
CREATE TABLE history (
    subject      text NOT NULL,
    position     bigint GENERATED ALWAYS AS IDENTITY,
    payment_id   uuid NOT NULL,
    event        text NOT NULL,
    actor        text NOT NULL,
    reason       text,
    amount_minor bigint NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT history_pkey PRIMARY KEY (subject, position),
    CONSTRAINT history_event_known CHECK (event IN
        ('charged', 'declined', 'authorized', 'captured', 'confirmed', 'reversal_begun', 'reversed', 'refund_begun',
         'refunded', 'void_begun', 'voided'))
);
CREATE INDEX history_position ON history (position);
CREATE TRIGGER history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON history
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
-- What happened before this revision, as far as the payments tell it.
INSERT INTO history (subject, payment_id, event, actor, reason, amount_minor, created_at)
SELECT subject, payment_id, event, actor, reason, amount_minor, at FROM (
    SELECT subject, payment_id, CASE state WHEN 'declined' THEN 'declined' ELSE 'charged' END AS event,
           'anyone' AS actor, CASE state WHEN 'declined' THEN state_reason END AS reason, amount_minor,
           created_at AS at, 1 AS step
      FROM payments
     UNION ALL
    SELECT subject, payment_id, 'confirmed', 'completer', NULL, amount_minor, confirmed_at, 2
      FROM payments WHERE confirmed_at IS NOT NULL
     UNION ALL
    SELECT subject, payment_id, e.event, 'completer', state_reason, amount_minor, reversed_at, e.step
      FROM payments, (VALUES ('reversal_begun', 3), ('reversed', 4)) AS e (event, step)
     WHERE state = 'reversed') AS past
 ORDER BY at, subject, payment_id, step;
"""

# A block of the chain: the digests of rows in the order of their positions, and a hash over them and the block before.
SEALS = """
CREATE TABLE seals (
    chain     text NOT NULL,
    block     bigint NOT NULL,
    positions bigint[] NOT NULL,
    digests   bytea[] NOT NULL,
    hash      bytea NOT NULL,
    sealed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT seals_pkey PRIMARY KEY (chain, block),
    CONSTRAINT seals_chain_known CHECK (chain IN ('transfers', 'history')),
    CONSTRAINT seals_not_empty CHECK (cardinality(positions) > 0 AND cardinality(positions) = cardinality(digests))
);
CREATE TRIGGER seals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON seals
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TABLE seal_heads (
    chain    text NOT NULL,
    block    bigint NOT NULL,
    position bigint NOT NULL,
    hash     bytea NOT NULL,
    CONSTRAINT seal_heads_pkey PRIMARY KEY (chain)
);
INSERT INTO seal_heads (chain, block, position, hash) VALUES ('transfers', 0, 0, ''), ('history', 0, 0, '');
CREATE TRIGGER seal_heads_no_truncate BEFORE TRUNCATE ON seal_heads
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
"""

# A request that is forgotten happens again when it is repeated.
REQUESTS = """
UPDATE requests SET response = response || jsonb_build_object('transfer_id', e.transfer_id)
  FROM entries e WHERE e.account_id = response ->> 'account_id' AND e.sequence = (response ->> 'sequence')::bigint;
CREATE FUNCTION requests_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.response IS NOT NULL
       OR (OLD.caller, OLD.method, OLD.request_id, OLD.fingerprint, OLD.created_at)
          IS DISTINCT FROM (NEW.caller, NEW.method, NEW.request_id, NEW.fingerprint, NEW.created_at) THEN
        RAISE EXCEPTION 'a request is answered, once, and nothing else of it changes'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER requests_guard BEFORE UPDATE OR DELETE ON requests
    FOR EACH ROW EXECUTE FUNCTION requests_guard();
CREATE TRIGGER requests_no_truncate BEFORE TRUNCATE ON requests
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
"""


def upgrade() -> None:
    for part in (HISTORY, SEALS, REQUESTS):
        op.execute(part)


def downgrade() -> None:
    raise RuntimeError("what was written down is not thrown away; restore a backup instead")
