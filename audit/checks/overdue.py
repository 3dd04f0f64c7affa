"""What should have been finished by now, were both services up. Measured from the moment of the cut."""

from audit.check import Check

LATE = "now() - %(overdue_s)s * interval '1 second'"

OVERDUE = (
    Check(
        "I16 no payment is unconfirmed for long",
        "payments",
        f"""
        SELECT p.payment_id::text, 'of ' || p.subject || ' is unconfirmed after ' || u.checks || ' checks'
          FROM unconfirmed u JOIN payments p USING (payment_id, subject)
         WHERE p.correction_id IS NULL
           AND (SELECT max(created_at) FROM history h
                 WHERE h.subject = p.subject AND h.payment_id = p.payment_id
                   AND h.event IN ('charged', 'captured')) <= {LATE}
        """,  # noqa: S608
    ),
    Check(
        "I16 no correction is unfinished for long",
        "corrections",
        f"""
        SELECT correction_id::text, 'a ' || kind || ' of payment ' || payment_id || ' is unfinished after ' || checks
               || ' checks'
          FROM corrections WHERE completed_at IS NULL AND created_at <= {LATE}
        """,  # noqa: S608
    ),
    Check(
        "I16 no authorization outlives its time for long",
        "payments",
        f"""
        SELECT payment_id::text, 'of ' || subject || ' should have ended at ' || expires_at
          FROM payments WHERE state = 'authorized' AND correction_id IS NULL AND expires_at <= {LATE}
        """,  # noqa: S608
    ),
)
