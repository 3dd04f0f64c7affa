"""What the books hold of one payment, and of one payer."""

from typing import Any

from tests.harness.postgres import Pair, rows


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
