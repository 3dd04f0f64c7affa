"""What callers were told, held to the books."""

from collections.abc import Iterable, Iterator, Mapping

import psycopg

from audit.databases import plain
from faults.storm.told import Wanted
from payonce.payment.v1 import payment_pb2

# Of an order: its payments, and what its payer was debited for each.
PAID = """
    SELECT p.subject, array_agg(p.payment_id::text || ' ' || p.state), array_agg(e.debited)
      FROM payments p
      LEFT JOIN LATERAL (
           SELECT coalesce(sum(-amount_minor), 0)::bigint AS debited FROM entries
            WHERE payment_id = p.payment_id AND account_id = p.payer_account_id) e ON true
     WHERE p.subject = ANY(%s)
     GROUP BY p.subject
"""
ALL = """
    SELECT (SELECT count(*) FROM payments), (SELECT count(*) FROM payments WHERE state = 'succeeded'),
           (SELECT sum(balance_minor)::bigint FROM accounts WHERE kind = 'merchant')
"""


def lost(url: str, orders: Iterable[Wanted], told: Mapping[str, payment_pb2.Payment]) -> Iterator[str]:
    """What is not as it was told: one payment for each order, the one that callers know, debited once (I1, I2)."""
    named = {f"order:{order.order_id}": order for order in orders}
    with psycopg.connect(plain(url)) as connection:
        rows = connection.execute(PAID, [list(named)])
        found = {subject: (payments, debited) for subject, payments, debited in rows}
    for subject, order in named.items():
        payment = told.get(order.order_id)
        payments, debited = found.get(subject, ([], []))
        wanted = [f"{payment.payment_id} succeeded"] if payment else payments[:1]
        if payments != wanted or debited != [order.amount] * len(wanted):
            known = payment.payment_id if payment else "nobody knows what"
            yield f"I1 {order.order_id} was told of as paid by {known}; there are {payments}, debited {debited}"


def missing(url: str, orders: int, amount: int) -> Iterator[str]:
    """Whatever was paid in an earlier wave is still so, and nothing else is."""
    with psycopg.connect(plain(url)) as connection:
        found = connection.execute(ALL).fetchone()
    wanted = (orders, orders, orders * amount)
    if found != wanted:
        yield f"I1 payments, succeeded ones and what merchants have are {found}, and must be {wanted}"
