"""Requests that have an id: the answer that is kept is what was done, and nothing was done without one."""

from audit.check import Check

# Compared as text: what was tampered with may be no number and no UUID.
REQUESTS = (
    Check(
        "I13 the stored answer of a deposit or withdrawal is what it did",
        "requests",
        """
        SELECT r.method || ' ' || r.request_id, 'answers with ' || coalesce(r.response::text, 'nothing')
               || ' to ' || r.fingerprint
          FROM requests r
          LEFT JOIN entries e ON e.account_id = r.response ->> 'account_id'
                             AND e.sequence::text = r.response ->> 'sequence'
         WHERE r.method IN ('Deposit', 'Withdraw')
           AND (e.transfer_id::text, e.kind, e.account_id, e.currency::text,
                (CASE r.method WHEN 'Deposit' THEN e.amount_minor::numeric ELSE -e.amount_minor::numeric END)::text,
                e.created_at)
               IS DISTINCT FROM
               (r.response ->> 'transfer_id', CASE r.method WHEN 'Deposit' THEN 'deposit' ELSE 'withdrawal' END,
                r.fingerprint ->> 'account_id', r.fingerprint ->> 'amount.currency_code',
                r.fingerprint ->> 'amount.minor_units', r.created_at)
        """,
    ),
    Check(
        "I13 the stored answer of a refund is what it did",
        "requests",
        """
        SELECT r.method || ' ' || r.request_id, 'answers with ' || coalesce(r.response::text, 'nothing')
               || ' to ' || r.fingerprint
          FROM requests r
          LEFT JOIN corrections c ON c.subject = r.response ->> 'subject'
                                 AND c.correction_id::text = r.response ->> 'correction_id'
         WHERE r.method = 'RefundPayment'
           AND (c.kind, c.payment_id::text, c.currency::text, c.amount_minor::text, c.reason, c.actor, c.created_at)
               IS DISTINCT FROM
               ('refund', lower(r.fingerprint ->> 'payment_id'), r.fingerprint ->> 'amount.currency_code',
                r.fingerprint ->> 'amount.minor_units', coalesce(r.fingerprint ->> 'reason', ''), r.caller,
                r.created_at)
        """,
    ),
    Check(
        "I13 every deposit, withdrawal and refund was asked for, once",
        "requests",
        """
        SELECT id, CASE WHEN sum(side) > 0 THEN 'was done, but not asked for' ELSE 'was asked for, but not done' END
          FROM (SELECT transfer_id::text AS id, 1 AS side FROM transfers WHERE kind IN ('deposit', 'withdrawal')
                 UNION ALL
                SELECT correction_id::text, 1 FROM corrections WHERE kind = 'refund'
                 UNION ALL
                SELECT coalesce(CASE method WHEN 'RefundPayment' THEN response ->> 'correction_id'
                                            ELSE response ->> 'transfer_id' END, method || ' ' || request_id), -1
                  FROM requests WHERE method IN ('Deposit', 'Withdraw', 'RefundPayment')) AS both_sides
         GROUP BY id HAVING sum(side) <> 0
        """,
    ),
)
