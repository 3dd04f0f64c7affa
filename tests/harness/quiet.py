"""Waiting until nothing unfinished is left, and what must hold then."""

import asyncio
import time

from tests.harness import audit
from tests.harness.postgres import Pair, rows

# The audit of both databases, besides the ledger's own rules below.
AUDIT = False

UNFINISHED = """
    SELECT (SELECT count(*) FROM payments WHERE state = 'succeeded' AND confirmed_at IS NULL)
         + (SELECT count(*) FROM corrections WHERE completed_at IS NULL)"""
LEDGER = {
    "the entries of a transfer sum to zero": """
        SELECT transfer_id, currency, sum(amount_minor) FROM entries
         GROUP BY transfer_id, currency HAVING sum(amount_minor) <> 0""",
    "a balance is the sum of its entries": """
        SELECT a.account_id, a.balance_minor, sum(e.amount_minor) FROM accounts a LEFT JOIN entries e USING (account_id)
         GROUP BY a.account_id HAVING a.balance_minor <> coalesce(sum(e.amount_minor), 0)""",
    "what is held is the sum of the open authorizations": """
        SELECT a.account_id, a.held_minor, sum(p.amount_minor)
          FROM accounts a LEFT JOIN payments p ON p.payer_account_id = a.account_id AND p.state = 'authorized'
         GROUP BY a.account_id HAVING a.held_minor <> coalesce(sum(p.amount_minor), 0)""",
    "a payment moved what it says, there and back": """
        SELECT p.subject, p.state, p.captured_minor, p.refunded_minor, m.* FROM payments p, LATERAL (
            SELECT coalesce(-sum(amount_minor) FILTER (WHERE kind = 'charge'), 0) AS charged,
                   coalesce(sum(amount_minor) FILTER (WHERE kind IN ('refund', 'reversal')), 0) AS back
              FROM entries e WHERE e.payment_id = p.payment_id AND e.account_id = p.payer_account_id) AS m
         WHERE m.charged <> p.captured_minor
            OR m.back <> CASE p.state WHEN 'reversed' THEN p.captured_minor ELSE p.refunded_minor END""",
    "at most one payment of a subject is not declined": """
        SELECT subject, count(*) FROM payments WHERE state <> 'declined' GROUP BY subject HAVING count(*) > 1""",
    "a correction ends its payment, and nothing else does": """
        SELECT p.subject, p.state, c.kind FROM payments p LEFT JOIN corrections c
            ON (c.subject, c.correction_id) = (p.subject, p.correction_id)
         WHERE (c.completed_at IS NOT NULL) <> (p.state IN ('reversed', 'refunded', 'voided'))""",
}
ORDERS = "SELECT order_id, status, payment_id FROM orders"
PAYMENTS = """SELECT substr(subject, 7), state, payment_id FROM payments
               WHERE starts_with(subject, 'order:') AND state <> 'declined'"""
# Which states of a payment fit an order's status. An order may be cancelled while its amount is reserved.
FITTING: dict[str, set[str | None]] = {
    "unpaid": {None, "authorized"},
    "paid": {"succeeded"},
    "cancelled": {None, "authorized", "voided", "reversed", "refunded"},
    "refunded": {"reversed", "refunded"},
}


async def quiet(pair: Pair, timeout_s: float = 30.0) -> None:
    """Wait until every payment is confirmed and every correction is carried out (I16); then check the books."""
    deadline = time.monotonic() + timeout_s
    while left := (await asyncio.to_thread(rows, pair.payments_url, UNFINISHED))[0][0]:
        assert time.monotonic() < deadline, f"I16: {left} are unfinished after {timeout_s} s"
        await asyncio.sleep(0.1)
    await asyncio.to_thread(check_books, pair)
    if AUDIT:
        await audit.settled(pair)
        audit.audit(pair)


def check_books(pair: Pair) -> None:
    """The ledger balances, and orders and money agree."""
    broken = {name: found for name, query in LEDGER.items() if (found := rows(pair.payments_url, query))}
    assert not broken, broken
    payments = {order_id: (state, payment_id) for order_id, state, payment_id in rows(pair.payments_url, PAYMENTS)}
    for order_id, status, payment_id in rows(pair.orders_url, ORDERS):
        state, theirs = payments.get(order_id, (None, None))
        assert state in FITTING[status], f"order {order_id} is {status}, its payment {state}"
        if status in ("paid", "refunded"):
            assert payment_id == theirs, f"order {order_id} is {status} by another payment"
