"""The history: it leads to each payment as it stands, and agrees with the ledger and the corrections."""

from audit.check import Check

# What may have happened to a payment that stands in a state, from the first line to the last.
CHARGED = "(charged|authorized captured)( confirmed| refunded)*"
LEGAL = f"""CASE p.state
    WHEN 'declined' THEN '^declined$'
    WHEN 'authorized' THEN '^authorized( void_begun)?$'
    WHEN 'voided' THEN '^(authorized void_begun voided|void_begun( voided)?)$'
    WHEN 'succeeded' THEN '^{CHARGED}( (refund|reversal)_begun( confirmed)?)?$'
    WHEN 'refunded' THEN '^{CHARGED} refund_begun( confirmed)? refunded$'
    WHEN 'reversed' THEN '^{CHARGED} reversal_begun( confirmed)? reversed$' END"""

REPLAY = f"""
    WITH told AS MATERIALIZED (
         SELECT payment_id, min(subject) AS subject, max(subject) AS other_subject,
                string_agg(event, ' ' ORDER BY position) AS events,
                (array_agg(created_at ORDER BY position))[1] AS first_at,
                (array_agg(created_at ORDER BY position DESC))[1] AS last_at,
                max(created_at) FILTER (WHERE event = 'captured') AS captured_at,
                count(*) FILTER (WHERE event = 'confirmed') AS confirmed,
                max(amount_minor) FILTER (WHERE event = 'confirmed') AS confirmed_minor,
                max(amount_minor) FILTER (WHERE event IN ('charged', 'authorized', 'declined')) AS asked_minor,
                max(amount_minor) FILTER (WHERE event IN ('charged', 'captured')) AS captured_minor,
                sum(amount_minor) FILTER (WHERE event = 'refunded') AS refunded_minor,
                max(reason) FILTER (WHERE event = 'declined') AS declined_because
           FROM history GROUP BY payment_id),
    judged AS (
         SELECT p.payment_id, CASE
                WHEN h.events IS NULL THEN 'has no history'
                WHEN (h.subject, h.other_subject) <> (p.subject, p.subject) THEN 'has the history of another subject'
                WHEN h.events !~ {LEGAL} OR h.confirmed > 1 THEN 'is ' || p.state || ' after: ' || h.events
                WHEN h.first_at <> p.created_at THEN 'begins at ' || h.first_at || ', not at ' || p.created_at
                WHEN (h.events LIKE 'authorized%%') <> (p.expires_at IS NOT NULL)
                  OR h.captured_at >= p.expires_at OR p.expires_at <= p.created_at THEN 'expires at another time'
                WHEN (h.events LIKE '%%_begun%%') <> (p.correction_id IS NOT NULL)
                  THEN 'is being taken back, or is not, after: ' || h.events
                WHEN h.asked_minor <> p.amount_minor THEN 'was of ' || h.asked_minor || ', is of ' || p.amount_minor
                WHEN coalesce(h.captured_minor, 0) <> p.captured_minor
                  OR h.confirmed_minor <> p.captured_minor THEN 'charged another amount'
                WHEN coalesce(h.refunded_minor, 0) <> p.refunded_minor THEN 'refunded another amount'
                WHEN (u.payment_id IS NOT NULL) <>
                     (p.state = 'succeeded' AND starts_with(p.subject, 'order:') AND h.confirmed = 0)
                  THEN 'is noted as unconfirmed, or is not, after: ' || h.events
                WHEN h.confirmed > 0 AND NOT starts_with(p.subject, 'order:') THEN 'has no order to be confirmed'
                WHEN (p.reversed_at, p.refunded_at) IS DISTINCT FROM
                     (CASE p.state WHEN 'reversed' THEN h.last_at END, CASE p.state WHEN 'refunded' THEN h.last_at END)
                  THEN 'was given back at another time'
                WHEN p.state = 'declined' AND h.declined_because IS DISTINCT FROM p.state_reason
                  THEN 'was declined for another reason' END AS what
           FROM payments p LEFT JOIN told h USING (payment_id)
                LEFT JOIN unconfirmed u ON u.payment_id = p.payment_id AND u.subject = p.subject)
    SELECT payment_id::text, what FROM judged WHERE what IS NOT NULL
"""  # noqa: S608 - made of constants

# Both sides of each comparison are written in one transaction, so their times are equal to the microsecond.
MOVES = """
    SELECT payment_id::text, kind || ' of ' || amount_minor || ' at ' || at || CASE WHEN sum(side) > 0
           THEN ' is in the history, but no transfer' ELSE ' is a transfer, but not in the history' END
      FROM (SELECT payment_id, CASE event WHEN 'refunded' THEN 'refund' WHEN 'reversed' THEN 'reversal'
                                          ELSE 'charge' END AS kind, amount_minor, created_at AS at, 1 AS side
              FROM history WHERE event IN ('charged', 'captured', 'refunded', 'reversed')
             UNION ALL
            SELECT t.payment_id, t.kind, g.amount_minor, t.created_at, -1
              FROM transfers t
              LEFT JOIN entries g ON g.account_id = t.target_account_id AND g.sequence = t.target_sequence
             WHERE t.payment_id IS NOT NULL) AS both_sides
     GROUP BY payment_id, kind, amount_minor, at HAVING sum(side) <> 0
"""

ENDS = """
    WITH said AS MATERIALIZED (
         SELECT c.*, nullif(concat_ws(': ', c.state_reason, nullif(c.reason, '')), '') AS told FROM corrections c)
    SELECT payment_id::text, event || ' of ' || amount_minor || ' at ' || at || CASE WHEN sum(side) > 0
           THEN ' is in the history, but no correction' ELSE ' is a correction, but not in the history' END
      FROM (SELECT payment_id, event, amount_minor, reason, CASE WHEN event LIKE '%%_begun' THEN actor END AS actor,
                   created_at AS at, 1 AS side
              FROM history WHERE event LIKE '%%_begun' OR event IN ('refunded', 'reversed', 'voided')
             UNION ALL
            SELECT payment_id, CASE kind WHEN 'refund' THEN 'refunded' WHEN 'reversal' THEN 'reversed'
                                         ELSE 'voided' END, amount_minor, told, NULL, completed_at, -1
              FROM said WHERE completed_at IS NOT NULL
             UNION ALL
            SELECT c.payment_id, c.kind || '_begun', c.amount_minor, c.told, c.actor, c.created_at, -1
              FROM said c JOIN payments p ON p.subject = c.subject AND p.correction_id = c.correction_id) AS both_sides
     GROUP BY payment_id, event, amount_minor, reason, actor, at HAVING sum(side) <> 0
"""

HISTORY = (
    Check("I11 only legal transitions happened: the history leads to each payment as it stands", "history", REPLAY),
    Check(
        "I11 every line of the history is of a payment",
        "history",
        """
        SELECT h.subject || ' ' || h.position, h.event || ' of payment ' || h.payment_id || ', which is not there'
          FROM history h LEFT JOIN payments p USING (payment_id) WHERE p.payment_id IS NULL
        """,
    ),
    Check(
        "I16 what is unconfirmed is a payment",
        "unconfirmed",
        """
        SELECT u.payment_id::text, 'of ' || u.subject || ' is noted as unconfirmed, but is no payment'
          FROM unconfirmed u LEFT JOIN payments p USING (payment_id, subject) WHERE p.payment_id IS NULL
        """,
    ),
    Check("I1 what the history says was moved is what was moved", "history", MOVES),
    Check("I9 what the history says was taken back is what was corrected", "corrections", ENDS),
)
