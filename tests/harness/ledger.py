"""What the ledger alone tells: sums that no state of any payment can talk away."""

from typing import Any

from tests.harness.postgres import Pair, rows

BROKEN = {
    "a transfer that does not sum to zero": """
        SELECT transfer_id FROM entries GROUP BY transfer_id, currency HAVING sum(amount_minor) <> 0""",
    "a balance that is not the sum of its entries": """
        SELECT a.account_id FROM accounts a LEFT JOIN entries e USING (account_id)
         GROUP BY a.account_id HAVING a.balance_minor <> coalesce(sum(e.amount_minor), 0)""",
    "a customer below zero, or below what is held": """
        SELECT account_id FROM accounts WHERE kind = 'customer' AND (balance_minor < held_minor OR held_minor < 0)""",
    "a reservation that belongs to no authorization": """
        SELECT a.account_id FROM accounts a LEFT JOIN payments p
            ON p.payer_account_id = a.account_id AND p.state = 'authorized'
         GROUP BY a.account_id HAVING a.held_minor <> coalesce(sum(p.amount_minor), 0)""",
    "a payment charged other than it says, or given back more": """
        SELECT p.payment_id FROM payments p, LATERAL (
            SELECT coalesce(-sum(amount_minor) FILTER (WHERE kind = 'charge'), 0) AS charged,
                   coalesce(sum(amount_minor) FILTER (WHERE kind = 'refund'), 0) AS refunded,
                   coalesce(sum(amount_minor) FILTER (WHERE kind = 'reversal'), 0) AS reversed
              FROM entries e WHERE e.payment_id = p.payment_id AND e.account_id = p.payer_account_id) AS m
         WHERE (charged, refunded) <> (p.captured_minor, p.refunded_minor)
            OR reversed <> CASE p.state WHEN 'reversed' THEN charged - refunded ELSE 0 END""",
}
UNFINISHED = """SELECT (SELECT count(*) FROM payments WHERE state = 'succeeded' AND confirmed_at IS NULL)
                     + (SELECT count(*) FROM corrections WHERE completed_at IS NULL)"""


def books_agree(pair: Pair) -> None:
    """Assert that the ledger is whole, and that each payment moved what it says; call it when all is quiet."""
    broken = {what: found for what, query in BROKEN.items() if (found := rows(pair.payments_url, query))}
    assert not broken, broken
    assert rows(pair.payments_url, UNFINISHED) == [(0,)]


def net(pair: Pair, payment_id: str) -> dict[str, int]:
    """What a payment moved in the end, by account; an account without any entry of it is left out."""
    query = "SELECT account_id, sum(amount_minor)::bigint FROM entries WHERE payment_id = %s GROUP BY account_id"
    return dict(rows(pair.payments_url, query, [payment_id]))


EFFECTS = """
    WITH who AS (SELECT %s::text AS payer)
    SELECT 'entry ' || kind, count(*) FROM entries WHERE account_id = (SELECT payer FROM who) GROUP BY 1
     UNION ALL
    SELECT 'event ' || event, count(*) FROM history h JOIN payments p USING (subject, payment_id)
     WHERE payer_account_id = (SELECT payer FROM who) AND event <> 'confirmed' GROUP BY 1
     UNION ALL
    SELECT 'payment ' || state, count(*) FROM payments WHERE payer_account_id = (SELECT payer FROM who) GROUP BY 1
     UNION ALL
    SELECT 'ticket ' || status, count(*) FROM tickets WHERE payer_account_id = (SELECT payer FROM who) GROUP BY 1
     UNION ALL
    SELECT 'account', count(*) FROM accounts WHERE owner_id = (SELECT payer FROM who)
     UNION ALL
    SELECT 'held', held_minor FROM accounts WHERE account_id = (SELECT payer FROM who)
"""
ORDERS = "SELECT 'order ' || status, count(*) FROM orders WHERE payer_account_id = %s GROUP BY 1"


def effects(pair: Pair, payer: str) -> dict[str, Any]:
    """How much of everything there is around one payer."""
    found = rows(pair.payments_url, EFFECTS, [payer]) + rows(pair.orders_url, ORDERS, [payer])
    return {what: count for what, count in found if count}


def gained(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What is there now and was not, and the other way round."""
    changes = {what: after.get(what, 0) - before.get(what, 0) for what in before | after}
    return {what: change for what, change in changes.items() if change}
