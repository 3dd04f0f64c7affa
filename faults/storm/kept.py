"""What a wave's callers were told, held to the books."""

from collections.abc import Iterator, Mapping, Sequence

import psycopg

from audit.databases import plain

# Of an order: its payments, and what its payer was debited for them.
PAID = """
    SELECT p.subject, array_agg(p.payment_id::text || ' ' || p.state), sum(e.debited)::bigint
      FROM payments p
      LEFT JOIN LATERAL (
           SELECT coalesce(sum(-amount_minor), 0) AS debited FROM entries
            WHERE payment_id = p.payment_id AND amount_minor < 0) e ON true
     WHERE p.subject = ANY(%s)
     GROUP BY p.subject
"""


def lost(url: str, orders: Sequence[str], told: Mapping[str, str], amount: int) -> Iterator[str]:
    """What is not as it was told: one payment for each order, the one that callers know, debited once (I1, I2)."""
    with psycopg.connect(plain(url)) as connection:
        subjects = [f"order:{order_id}" for order_id in orders]
        found = {subject: (payments, debited) for subject, payments, debited in connection.execute(PAID, [subjects])}
    for order_id in orders:
        payments, debited = found.get(f"order:{order_id}", ([], 0))
        wanted = [f"{told[order_id]} succeeded"] if order_id in told else payments
        if payments != wanted or debited != amount * len(payments):
            yield f"I1 {order_id} was told of as paid by {told.get(order_id)}; there are {payments}, debited {debited}"
