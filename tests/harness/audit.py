"""The invariants of DESIGN section 6, read from both databases. Each query finds violations; there must be none."""

import asyncio
import time
from typing import Any

from tests.harness.postgres import Pair, rows

LEDGER = {
    "I2 at most one payment of an order that is not declined": """
        SELECT subject, count(*) FROM payments WHERE state <> 'declined' GROUP BY subject HAVING count(*) > 1""",
    "I3 the entries of a transfer sum to zero per currency": """
        SELECT transfer_id, currency, sum(amount_minor) FROM entries
         GROUP BY transfer_id, currency HAVING sum(amount_minor) <> 0""",
    "I3 a transfer has entries, and entries have a transfer": """
        SELECT t.transfer_id, e.transfer_id FROM transfers t FULL JOIN entries e USING (transfer_id)
         WHERE t.transfer_id IS NULL OR e.transfer_id IS NULL
            OR (t.kind, t.payment_id) IS DISTINCT FROM (e.kind, e.payment_id)""",
    "I4 a balance is the sum of its entries, and the last one's balance after": """
        SELECT a.account_id, a.balance_minor, sum(e.amount_minor) FROM accounts a LEFT JOIN entries e USING (account_id)
         GROUP BY a.account_id
        HAVING a.balance_minor <> coalesce(sum(e.amount_minor), 0) OR a.last_sequence <> count(e)
            OR coalesce(min(e.sequence), 1) <> 1 OR coalesce(max(e.sequence), 0) <> count(e)
            OR bool_or(e.currency <> a.currency)""",
    "I4 an entry's balance after is the one before plus its amount": """
        SELECT * FROM (
            SELECT account_id, sequence, balance_after_minor,
                   sum(amount_minor) OVER (PARTITION BY account_id ORDER BY sequence) AS expected FROM entries) AS e
         WHERE balance_after_minor <> expected""",
    "I5 no customer is below zero": """
        SELECT account_id, balance_minor FROM accounts WHERE kind = 'customer' AND balance_minor < 0""",
    "I1 each payment moved what it says: charged once, and back once when reversed": """
        SELECT p.subject, p.state, m.* FROM payments p, LATERAL (
            SELECT count(*) FILTER (WHERE kind = 'charge' AND account_id = p.payer_account_id
                                      AND amount_minor = -p.amount_minor AND currency = p.currency) AS debits,
                   count(*) FILTER (WHERE kind = 'charge' AND account_id = p.payee_account_id
                                      AND amount_minor = p.amount_minor AND currency = p.currency) AS credits,
                   count(*) FILTER (WHERE kind = 'reversal' AND account_id = p.payer_account_id
                                      AND amount_minor = p.amount_minor AND currency = p.currency) AS payers_back,
                   count(*) FILTER (WHERE kind = 'reversal' AND account_id = p.payee_account_id
                                      AND amount_minor = -p.amount_minor AND currency = p.currency) AS payees_back,
                   count(*) AS entries
              FROM entries e WHERE e.payment_id = p.payment_id) AS m
         WHERE ARRAY[m.debits, m.credits, m.payers_back, m.payees_back, m.entries] <> CASE p.state
                   WHEN 'succeeded' THEN '{1,1,0,0,2}'::bigint[] WHEN 'reversed' THEN '{1,1,1,1,4}'::bigint[]
                   ELSE '{0,0,0,0,0}'::bigint[] END""",
    "I1 entries belong to a payment that exists": """
        SELECT payment_id FROM entries e WHERE payment_id IS NOT NULL
           AND NOT EXISTS (SELECT FROM payments p WHERE p.payment_id = e.payment_id)""",
    "I16 nothing stays unconfirmed": """
        SELECT subject, checks FROM payments WHERE state = 'succeeded' AND confirmed_at IS NULL""",
}
UNCONFIRMED = "SELECT count(*) FROM payments WHERE state = 'succeeded' AND confirmed_at IS NULL"
ORDERS = """SELECT order_id, status, payment_id, payer_account_id, payee_account_id, currency, amount_minor,
                   paid_at IS NOT NULL, cancelled_at IS NOT NULL FROM orders"""
PAYMENTS = """SELECT substr(subject, 7), payment_id, payer_account_id, payee_account_id, currency, amount_minor, state,
                     confirmed_at IS NOT NULL FROM payments WHERE starts_with(subject, 'order:')"""


def audit(pair: Pair) -> None:
    """Assert the invariants; call it when everything is quiet, after `settled`."""
    broken = {name: found for name, query in LEDGER.items() if (found := rows(pair.payments_url, query))}
    assert not broken, broken
    _audit_both(rows(pair.orders_url, ORDERS), rows(pair.payments_url, PAYMENTS))


def _audit_both(orders: list[tuple[Any, ...]], payments: list[tuple[Any, ...]]) -> None:
    """I6, I7, I10: what only both databases together can tell."""
    content = {order[0]: order[3:7] for order in orders}
    confirmed: dict[str, list[Any]] = {}
    for order_id, payment_id, *what, state, is_confirmed in payments:
        assert content.get(order_id) == tuple(what), f"I7 payment {payment_id} is not what order {order_id} says"
        if state == "succeeded" and is_confirmed:
            confirmed.setdefault(order_id, []).append(payment_id)
    for order_id, status, payment_id, *_, was_paid, was_cancelled in orders:
        assert not (was_paid and was_cancelled), f"I10 order {order_id} was paid and cancelled"
        expected = [payment_id] if status == "paid" else []
        assert confirmed.get(order_id, []) == expected, f"I6 order {order_id} is {status}: {confirmed.get(order_id)}"


async def settled(pair: Pair, timeout_s: float = 30.0) -> None:
    """Wait until no payment is unconfirmed (I16)."""
    deadline = time.monotonic() + timeout_s
    while left := rows(pair.payments_url, UNCONFIRMED)[0][0]:
        assert time.monotonic() < deadline, f"I16: {left} payments are unconfirmed after {timeout_s} s"
        await asyncio.sleep(0.05)


def charges(pair: Pair, order_id: str) -> int:
    """How often the order's payer was debited for it."""
    query = """SELECT count(*) FROM entries JOIN payments p USING (payment_id)
                WHERE p.subject = 'order:' || %s AND entries.kind = 'charge' AND entries.amount_minor < 0"""
    return int(rows(pair.payments_url, query, [order_id])[0][0])


def attempts(pair: Pair, order_id: str) -> int:
    """How many attempts to pay the order left a trace, declined ones included."""
    return int(
        rows(pair.payments_url, "SELECT count(*) FROM payments WHERE subject = 'order:' || %s", [order_id])[0][0]
    )
