"""The guards of the schema: whoever took one away left the door open, even if nothing came in yet."""

from audit.check import Check

# tgtype says on what a trigger fires: 8 DELETE, 16 UPDATE, 32 TRUNCATE. 'O' and 'A' are enabled.
GUARDED = """
    SELECT name, 'has no trigger, or a disabled one, against an UPDATE, DELETE or TRUNCATE'
      FROM unnest(ARRAY[{tables}]) AS guarded (name)
     WHERE (SELECT coalesce(bit_or(tgtype), 0::smallint) & 56 FROM pg_trigger
             WHERE tgrelid = to_regclass(name) AND NOT tgisinternal AND tgenabled IN ('O', 'A')) <> 56
"""
# Its rows are deleted as payments are confirmed.
UNCONFIRMED = """
     UNION ALL
    SELECT 'unconfirmed', 'has no trigger, or a disabled one, against an UPDATE or TRUNCATE'
     WHERE (SELECT coalesce(bit_or(tgtype), 0::smallint) & 48 FROM pg_trigger
             WHERE tgrelid = to_regclass('unconfirmed') AND NOT tgisinternal AND tgenabled IN ('O', 'A')) <> 48
"""
CLAIM = """
     UNION ALL
    SELECT 'payments_claim', 'is not there, not valid, or not what it was'
     WHERE NOT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('payments_claim') AND indisvalid
                          AND pg_get_indexdef(indexrelid) LIKE
                              'CREATE UNIQUE INDEX payments_claim ON %%payments USING btree (subject) '
                              'WHERE (state <> ''declined''::text)')
     UNION ALL
    SELECT name, 'is not there, or not what it was'
      FROM (VALUES ('accounts_no_overdraft', 'accounts',
                    'CHECK (((kind <> ''customer''::text) OR (balance_minor >= held_minor)))'),
                   ('requests_pkey', 'requests', 'PRIMARY KEY (caller, method, request_id)'),
                   ('tickets_pkey', 'tickets', 'PRIMARY KEY (subject)')) AS guard (name, of, definition)
     WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conname = name AND conrelid = to_regclass(of) AND convalidated
                          AND pg_get_constraintdef(oid) = definition)
"""
TABLES = ("accounts", "transfers", "entries", "payments", "tickets", "corrections", "history", "requests", "seals")
COUNTS = {"guards": len(TABLES) + 5, "guard of orders": 1}  # unconfirmed, the claim and three constraints, too

PAYMENTS_GUARDS = Check(
    "I15 the guards against edits and double charges are in place",
    "guards",
    GUARDED.format(tables=str(TABLES)[1:-1]) + UNCONFIRMED + CLAIM,
)
ORDERS_GUARDS = Check(
    "I15 the guards against edits of orders are in place", "guard of orders", GUARDED.format(tables="'orders'")
)
