"""Rows of the payments database that tests read or write themselves. All SQL of tests on `payments` stands here.

(The invariants have theirs in `audit`.)
"""

import uuid

import psycopg

from tests.harness.postgres import Pair, raw, rows


def subject(order_id: str) -> str:
    """What the claim is on, for an order."""
    return f"order:{order_id}"


def order_of(of: str) -> str:
    return of.removeprefix("order:")


def owe(url: str, order_id: str, state: str = "succeeded", check_after_s: float = 0.0) -> uuid.UUID:
    """A payment row of 5 EUR that nobody has confirmed, due `check_after_s` from now; its id."""
    payment_id = uuid.uuid4()
    query = """WITH made AS (
                    INSERT INTO payments (subject, payment_id, payer_account_id, payee_account_id, currency,
                                          amount_minor, captured_minor, state)
                    VALUES (%s, %s, 'a', 'b', 'EUR', 5, %s, %s) RETURNING subject, payment_id, state)
               INSERT INTO unconfirmed (subject, payment_id, check_at)
               SELECT subject, payment_id, now() + make_interval(secs => %s) FROM made WHERE state = 'succeeded'"""
    captured = 5 if state == "succeeded" else 0
    with psycopg.connect(raw(url), autocommit=True) as connection:
        connection.execute(query.encode(), [subject(order_id), payment_id, captured, state, check_after_s])
    return payment_id


def take_back(url: str, order_id: str, *, checks: int = 0) -> uuid.UUID:
    """A payment of 5 EUR that somebody began to reverse, its order known to be paid; the correction, which is due."""
    payment_id, correction_id = owe(url, order_id), uuid.uuid4()
    of = [subject(order_id), payment_id]
    note = """INSERT INTO corrections (subject, payment_id, correction_id, kind, currency, amount_minor, state_reason,
                                       reason, actor, check_at, checks)
              VALUES (%s, %s, %s, 'reversal', 'EUR', 5, 'REVERSAL_REQUESTED', '', 'test',
                      now() - interval '1 second', %s)"""
    with psycopg.connect(raw(url), autocommit=True) as connection:
        connection.execute("DELETE FROM unconfirmed WHERE subject = %s AND payment_id = %s", of)
        connection.execute(note.encode(), [*of, correction_id, checks])
        hold = "UPDATE payments SET correction_id = %s WHERE subject = %s AND payment_id = %s"
        connection.execute(hold, [correction_id, *of])
    return correction_id


def nets(pair: Pair) -> dict[str, dict[str, int]]:
    """What each order moved in all, by account. What nothing moved on, or everything back, is left out."""
    query = """SELECT p.subject, account_id, sum(e.amount_minor)::bigint
                 FROM payments p JOIN entries e USING (payment_id)
                GROUP BY p.subject, account_id HAVING sum(e.amount_minor) <> 0"""
    found: dict[str, dict[str, int]] = {}
    for of, account, moved in rows(pair.payments_url, query):
        found.setdefault(order_of(of), {})[account] = int(moved)
    return found


def net(pair: Pair, order_id: str) -> dict[str, int]:
    """The same of one order."""
    return nets(pair).get(order_id, {})


def states(pair: Pair, order_id: str) -> list[str]:
    """The states of the order's payments, the first attempt first."""
    query = "SELECT state FROM payments WHERE subject = %s ORDER BY payment_id"
    return [str(row[0]) for row in rows(pair.payments_url, query, [subject(order_id)])]


def transfers(pair: Pair, kind: str) -> int:
    """How many transfers of that kind the ledger holds."""
    return int(rows(pair.payments_url, "SELECT count(*) FROM transfers WHERE kind = %s", [kind])[0][0])
