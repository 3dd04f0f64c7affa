"""Payments, and the money that each of them moved."""

from audit.check import Check

PAYMENTS = (
    Check(
        "I2 at most one payment of an order or ticket is not declined",
        "payments",
        """
        SELECT subject, 'has ' || count(*) || ' payments that are not declined: ' || min(payment_id::text) || ', '
               || max(payment_id::text)
          FROM payments WHERE state <> 'declined' GROUP BY subject HAVING count(*) > 1
        """,
    ),
    Check(
        "I2 a payment's id is its own",
        "payments",
        """
        SELECT payment_id::text, 'is the id of ' || count(*) || ' payments' FROM payments
         GROUP BY payment_id HAVING count(*) > 1
        """,
    ),
    Check(
        "I1 a payment moved what its state says",
        "payments",
        """
        WITH moved AS MATERIALIZED (
             SELECT t.payment_id,
                    count(*) FILTER (WHERE t.kind = 'charge') AS charges,
                    sum(g.amount_minor) FILTER (WHERE t.kind = 'charge') AS charged,
                    sum(g.amount_minor) FILTER (WHERE t.kind = 'refund') AS refunded,
                    count(*) FILTER (WHERE t.kind = 'reversal') AS reversals,
                    sum(g.amount_minor) FILTER (WHERE t.kind = 'reversal') AS reversed
               FROM transfers t
               LEFT JOIN entries g ON g.account_id = t.target_account_id AND g.sequence = t.target_sequence
              WHERE t.payment_id IS NOT NULL
              GROUP BY t.payment_id)
        SELECT p.payment_id::text, 'is ' || p.state || ' of ' || p.captured_minor || ' with ' || p.refunded_minor
               || ' refunded; moved ' || coalesce(m.charged, 0) || ', refunded ' || coalesce(m.refunded, 0)
               || ', reversed ' || coalesce(m.reversed, 0)
          FROM payments p LEFT JOIN moved m USING (payment_id)
         WHERE coalesce(m.charges, 0) <> (p.captured_minor > 0)::int
            OR coalesce(m.charged, 0) <> p.captured_minor
            OR coalesce(m.refunded, 0) <> p.refunded_minor
            OR coalesce(m.reversals, 0) <> (p.state = 'reversed')::int
            OR coalesce(m.reversed, 0) <> CASE p.state WHEN 'reversed' THEN p.captured_minor - p.refunded_minor
                                                       ELSE 0 END
        """,
    ),
    Check(
        "I1 a payment's money moves between its two accounts",
        "transfers",
        """
        SELECT t.transfer_id::text, 'is not between the accounts, or in the currency, of payment ' || t.payment_id
          FROM transfers t
          LEFT JOIN payments p USING (payment_id)
          LEFT JOIN entries g ON g.account_id = t.target_account_id AND g.sequence = t.target_sequence
         WHERE t.payment_id IS NOT NULL
           AND (t.source_account_id, t.target_account_id, g.currency) IS DISTINCT FROM
               (CASE t.kind WHEN 'charge' THEN p.payer_account_id ELSE p.payee_account_id END,
                CASE t.kind WHEN 'charge' THEN p.payee_account_id ELSE p.payer_account_id END, p.currency)
        """,
    ),
    Check(
        "I1 a payment is from a customer's account to a merchant's, in their currency",
        "payments",
        """
        SELECT p.payment_id::text, 'does not fit accounts ' || p.payer_account_id || ' and ' || p.payee_account_id
          FROM payments p
          LEFT JOIN accounts s ON s.account_id = p.payer_account_id
          LEFT JOIN accounts g ON g.account_id = p.payee_account_id
         WHERE p.state IN ('authorized', 'succeeded', 'reversed', 'refunded')
           AND (s.kind, g.kind, s.currency, g.currency) IS DISTINCT FROM
               ('customer', 'merchant', p.currency, p.currency)
        """,
    ),
)
