"""Tickets."""

from audit.check import Check

TICKETS = (
    Check(
        "I12 a used ticket made one payment, in its time; another ticket made none",
        "tickets",
        """
        SELECT subject, what FROM (
            SELECT t.subject, CASE
                   WHEN t.status = 'used' AND (p.payment_id, p.state = 'voided') IS DISTINCT FROM (t.payment_id, false)
                     THEN 'is used, but not by payment ' || coalesce(t.payment_id::text, '')
                   WHEN t.status = 'used' AND p.created_at >= t.expires_at THEN 'was used after its time'
                   WHEN t.status <> 'used' AND p.state <> 'voided'
                     THEN 'is ' || t.status || ', but has payment ' || p.payment_id
                   WHEN t.status = 'expired' AND t.expires_at > now() THEN 'is expired before its time'
                   WHEN t.expires_at <= t.created_at THEN 'expires before it began' END AS what
              FROM tickets t LEFT JOIN payments p ON p.subject = t.subject AND p.state <> 'declined') AS judged
         WHERE what IS NOT NULL
        """,
    ),
    Check(
        "I12 a payment by ticket is what the ticket was made for",
        "tickets",
        """
        SELECT p.payment_id::text, 'is not what ' || p.subject || ' was made for'
          FROM payments p LEFT JOIN tickets t USING (subject)
         WHERE starts_with(p.subject, 'ticket:')
           AND (t.subject IS NULL OR p.payer_account_id <> t.payer_account_id
             OR p.payee_account_id <> coalesce(t.payee_account_id, p.payee_account_id)
             OR (t.currency, t.amount_minor) <> (p.currency, p.amount_minor))
        """,
    ),
    Check(
        "I12 a ticket is for a customer's account, in its currency",
        "tickets",
        """
        SELECT t.subject, 'does not fit account ' || t.payer_account_id
          FROM tickets t LEFT JOIN accounts a ON a.account_id = t.payer_account_id
         WHERE a.kind IS DISTINCT FROM 'customer' OR t.currency <> a.currency
        """,
    ),
)
