"""The way back: refunds, reversals, voids."""

from audit.check import Check

CORRECTIONS = (
    Check(
        "I8 a payment that is, or is being, taken back has its correction, and they agree",
        "payments",
        """
        SELECT p.payment_id::text, 'is ' || p.state || '; its correction ' || p.correction_id || ' says '
               || coalesce(c.kind || ' of ' || c.amount_minor || ' ' || c.currency || ', completed '
                           || coalesce(c.completed_at::text, 'never'), 'nothing')
          FROM payments p
          LEFT JOIN corrections c ON c.subject = p.subject AND c.correction_id = p.correction_id
         WHERE p.correction_id IS NOT NULL
           AND ((c.payment_id, c.currency) IS DISTINCT FROM (p.payment_id, p.currency)
            OR (p.state, c.kind) NOT IN (('succeeded', 'refund'), ('succeeded', 'reversal'), ('authorized', 'void'),
                                         ('refunded', 'refund'), ('reversed', 'reversal'), ('voided', 'void'))
            -- A payment that was forbidden before it came is void from the start; its order ends a moment later.
            OR (c.completed_at IS NOT NULL) <> (p.state IN ('refunded', 'reversed', 'voided'))
               AND NOT (p.state = 'voided' AND p.expires_at IS NULL AND c.completed_at IS NULL)
            OR c.kind = 'void' AND c.amount_minor <> CASE WHEN p.expires_at IS NULL THEN 0 ELSE p.amount_minor END
            OR (c.kind = 'reversal' OR p.state = 'succeeded') AND c.amount_minor <> p.captured_minor - p.refunded_minor
            OR p.state IN ('reversed', 'voided') AND c.state_reason IS DISTINCT FROM p.state_reason
            OR c.state_reason = 'AUTHORIZATION_EXPIRED' AND c.created_at < p.expires_at)
        """,
    ),
    Check(
        "I8 a correction is of a payment: all that is left of it, or a part at once",
        "corrections",
        """
        SELECT c.correction_id::text, 'a ' || c.kind || ' that payment ' || c.payment_id || ' knows nothing of'
          FROM corrections c LEFT JOIN payments p USING (subject, payment_id)
         WHERE p.payment_id IS NULL OR c.currency <> p.currency
            OR p.correction_id IS DISTINCT FROM c.correction_id
               AND (c.kind, c.completed_at) IS DISTINCT FROM ('refund', c.created_at)
        """,
    ),
    Check(
        "I9 refunds sum to what is refunded, and with a reversal to no more than the charge",
        "payments",
        """
        SELECT p.payment_id::text, 'charged ' || p.captured_minor || ', refunded ' || p.refunded_minor
               || '; its refunds sum to ' || coalesce(c.refunded, 0) || ', with all that is begun to '
               || coalesce(c.taken, 0)
          FROM payments p
          LEFT JOIN (SELECT subject, payment_id,
                            sum(amount_minor) FILTER (WHERE kind = 'refund' AND completed_at IS NOT NULL) AS refunded,
                            sum(amount_minor) FILTER (WHERE kind <> 'void') AS taken
                       FROM corrections GROUP BY subject, payment_id) AS c USING (subject, payment_id)
         WHERE coalesce(c.refunded, 0) <> p.refunded_minor OR coalesce(c.taken, 0) > p.captured_minor
        """,
    ),
)
