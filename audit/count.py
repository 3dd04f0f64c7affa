"""What the demo counts, read from both databases and from nowhere else."""

from dataclasses import dataclass

import psycopg

from audit.databases import plain

BALANCED = """
    SELECT NOT EXISTS (SELECT FROM entries GROUP BY transfer_id, currency HAVING sum(amount_minor) <> 0)
       AND NOT EXISTS (SELECT FROM accounts WHERE kind = 'customer' AND balance_minor < 0)
       AND NOT EXISTS (SELECT FROM accounts a LEFT JOIN entries e USING (account_id)
                        GROUP BY a.account_id HAVING a.balance_minor <> coalesce(sum(e.amount_minor), 0))
"""
CHARGES = """
    SELECT p.subject, count(*) FILTER (WHERE t.kind = 'charge') - count(*) FILTER (WHERE t.kind = 'reversal')
      FROM transfers t JOIN payments p USING (payment_id) GROUP BY p.subject
"""
STATEMENT = """
    SELECT account_id, balance_minor,
           coalesce(sum(amount_minor) FILTER (WHERE e.kind = 'deposit'), 0),
           -coalesce(sum(amount_minor) FILTER (WHERE e.kind <> 'deposit'), 0)
      FROM accounts LEFT JOIN entries e USING (account_id)
     WHERE accounts.kind = 'customer' GROUP BY account_id, balance_minor
"""


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer's account, in minor units."""

    closing: int
    opening: int
    charged: int


@dataclass(frozen=True, slots=True)
class Count:
    """Both databases at rest."""

    orders_paid: int
    orders_by_customer: dict[str, int]
    owed_by_customer: dict[str, int]
    charges: int
    double_charges: int
    balanced: bool
    customers: dict[str, Customer]


def count(urls: dict[str, str]) -> Count:
    """Count by SQL."""
    with psycopg.connect(plain(urls["orders"])) as orders, psycopg.connect(plain(urls["payments"])) as payments:
        paid = orders.execute(
            "SELECT payer_account_id, count(*), sum(amount_minor)::bigint FROM orders WHERE status = 'paid' GROUP BY 1"
        ).fetchall()
        charged = payments.execute(CHARGES).fetchall()
        balanced = payments.execute(BALANCED).fetchone()
        return Count(
            orders_paid=sum(row[1] for row in paid),
            orders_by_customer={row[0]: row[1] for row in paid},
            owed_by_customer={row[0]: row[2] for row in paid},
            charges=sum(row[1] for row in charged),
            double_charges=sum(max(row[1] - 1, 0) for row in charged),
            balanced=bool(balanced and balanced[0]),
            customers={r[0]: Customer(r[1], int(r[2]), int(r[3])) for r in payments.execute(STATEMENT)},
        )
