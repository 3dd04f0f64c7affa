"""Double entry: heads and legs, sums, balances, what is held."""

from audit.check import Check

LEDGER = (
    Check(
        "I3 the entries of a transfer sum to zero per currency",
        "entries",
        """
        SELECT transfer_id::text, 'sums to ' || sum(amount_minor) || ' ' || currency FROM entries
         GROUP BY transfer_id, currency HAVING sum(amount_minor) <> 0
        """,
    ),
    Check(
        "I3 a transfer and its two legs agree",
        "transfers",
        """
        SELECT t.transfer_id::text, 'legs ' || t.source_account_id || '/' || t.source_sequence || ' and '
               || t.target_account_id || '/' || t.target_sequence || ' are not what its head says'
          FROM transfers t
          LEFT JOIN entries s ON s.account_id = t.source_account_id AND s.sequence = t.source_sequence
          LEFT JOIN entries g ON g.account_id = t.target_account_id AND g.sequence = t.target_sequence
         WHERE (t.transfer_id, t.kind, t.payment_id, t.created_at)
               IS DISTINCT FROM (s.transfer_id, s.kind, s.payment_id, s.created_at)
            OR (t.transfer_id, t.kind, t.payment_id, t.created_at)
               IS DISTINCT FROM (g.transfer_id, g.kind, g.payment_id, g.created_at)
            OR s.amount_minor >= 0 OR s.amount_minor::numeric <> -g.amount_minor::numeric OR s.currency <> g.currency
        """,
    ),
    Check(
        "I3 an entry is a leg of its transfer",
        "entries",
        """
        SELECT e.account_id || '/' || e.sequence, 'is no leg of transfer ' || e.transfer_id
          FROM entries e LEFT JOIN transfers t USING (transfer_id)
         WHERE (e.account_id, e.sequence) IS DISTINCT FROM (t.source_account_id, t.source_sequence)
           AND (e.account_id, e.sequence) IS DISTINCT FROM (t.target_account_id, t.target_sequence)
        """,
    ),
    Check(
        "I3 money enters and leaves through system accounts; a payment goes from a customer to a merchant",
        "transfers",
        """
        SELECT t.transfer_id::text, 'a ' || t.kind || ' from ' || t.source_account_id || ', a ' || coalesce(s.kind, '?')
               || ', to ' || t.target_account_id || ', a ' || coalesce(g.kind, '?')
          FROM transfers t
          LEFT JOIN accounts s ON s.account_id = t.source_account_id
          LEFT JOIN accounts g ON g.account_id = t.target_account_id
         WHERE CASE t.kind WHEN 'deposit' THEN s.kind = 'system' AND g.kind <> 'system'
                           WHEN 'withdrawal' THEN s.kind <> 'system' AND g.kind = 'system'
                           WHEN 'charge' THEN s.kind = 'customer' AND g.kind = 'merchant'
                           ELSE s.kind = 'merchant' AND g.kind = 'customer' END IS NOT TRUE
        """,
    ),
    Check(
        "I4 an entry follows the one before: its number, its currency, the balance after it",
        "entries",
        """
        SELECT e.account_id || '/' || e.sequence, 'does not follow the entry before'
          FROM (SELECT account_id, sequence, currency, amount_minor, balance_after_minor,
                       lag(sequence, 1, 0::bigint) OVER w AS sequence_before,
                       lag(balance_after_minor, 1, 0::bigint) OVER w AS balance_before
                  FROM entries WINDOW w AS (PARTITION BY account_id ORDER BY sequence)) AS e
          LEFT JOIN accounts a USING (account_id)
         WHERE e.sequence <> e.sequence_before + 1
            OR e.balance_after_minor::numeric <> e.balance_before::numeric + e.amount_minor
            OR e.currency IS DISTINCT FROM a.currency
        """,
    ),
    Check(
        "I4 a balance is the sum of its entries",
        "accounts",
        """
        SELECT a.account_id, 'has ' || a.balance_minor || ' after ' || a.last_sequence || ' entries; they sum to '
               || coalesce(e.sum, 0) || ' and are ' || coalesce(e.count, 0)
          FROM accounts a
          LEFT JOIN (SELECT account_id, sum(amount_minor), count(*) FROM entries GROUP BY account_id) AS e
               USING (account_id)
         WHERE a.balance_minor <> coalesce(e.sum, 0) OR a.last_sequence <> coalesce(e.count, 0)
        """,
    ),
    Check(
        "I4 what is held is what open authorizations reserve",
        "accounts",
        """
        SELECT a.account_id, 'holds ' || a.held_minor || ', open authorizations are ' || coalesce(p.sum, 0)
          FROM accounts a
          LEFT JOIN (SELECT payer_account_id AS account_id, sum(amount_minor) FROM payments
                      WHERE state = 'authorized' GROUP BY payer_account_id) AS p USING (account_id)
         WHERE a.held_minor <> coalesce(p.sum, 0)
        """,
    ),
    Check(
        "I5 no customer has, or ever had, less than nothing or than what is held",
        "accounts",
        """
        SELECT account_id, 'has ' || balance_minor || ', of which ' || held_minor || ' held' FROM accounts
         WHERE kind = 'customer' AND (balance_minor < 0 OR balance_minor < held_minor)
         UNION ALL
        SELECT e.account_id || '/' || e.sequence, 'left ' || e.balance_after_minor
          FROM entries e JOIN accounts a USING (account_id)
         WHERE a.kind = 'customer' AND e.balance_after_minor < 0
        """,
    ),
)
