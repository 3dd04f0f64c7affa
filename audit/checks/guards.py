"""The guards of the schema: whoever took one away left the door open, even if nothing came in yet."""

from audit.check import Check

# tgtype says on what a trigger fires: 8 DELETE, 16 UPDATE, 32 TRUNCATE. 'O' and 'A' are enabled.
GUARDED = """
    SELECT name, 'has no trigger, or a disabled one, against an UPDATE, DELETE or TRUNCATE'
      FROM unnest(ARRAY[{tables}]) AS guarded (name)
     WHERE (SELECT coalesce(bit_or(tgtype), 0::smallint) & 56 FROM pg_trigger
             WHERE tgrelid = to_regclass(name) AND NOT tgisinternal AND tgenabled IN ('O', 'A')) <> 56
"""
CLAIM = """
     UNION ALL
    SELECT 'payments_claim', 'is not there, or not valid'
     WHERE NOT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('payments_claim')
                          AND indrelid = to_regclass('payments') AND indisunique AND indisvalid)
"""
TABLES = "'accounts', 'transfers', 'entries', 'payments', 'tickets', 'corrections', 'history', 'seals'"

PAYMENTS_GUARDS = Check(
    "I15 the guards against edits and double charges are in place", "guards", GUARDED.format(tables=TABLES) + CLAIM
)
ORDERS_GUARDS = Check(
    "I15 the guards against edits of orders are in place", "guard of orders", GUARDED.format(tables="'orders'")
)
