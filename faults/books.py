"""Both databases, read whole when everything is at rest: what the histories are held to."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import psycopg

from audit.databases import plain

PAYMENTS = """
    SELECT subject, payment_id::text, payer_account_id, payee_account_id, amount_minor, captured_minor, refunded_minor,
           state, coalesce(state_reason, ''), expires_at IS NOT NULL
      FROM payments ORDER BY payment_id
"""
MOVES = """
    SELECT t.payment_id::text, t.kind, g.amount_minor, s.amount_minor
      FROM transfers t
      JOIN entries g ON g.account_id = t.target_account_id AND g.sequence = t.target_sequence
      JOIN entries s ON s.account_id = t.source_account_id AND s.sequence = t.source_sequence
     WHERE t.payment_id IS NOT NULL
"""
ENTRIES = """
    SELECT account_id, sequence, transfer_id::text, amount_minor, balance_after_minor FROM entries
     WHERE kind IN ('deposit', 'withdrawal')
"""
REQUESTS = "SELECT method, request_id, (fingerprint ->> 'amount.minor_units')::bigint FROM requests"
CORRECTIONS = (
    "SELECT correction_id::text, payment_id::text, kind, amount_minor, completed_at IS NOT NULL FROM corrections"
)
LEAST = """
    SELECT account_id, min(balance_after_minor) - (
           SELECT coalesce(sum(amount_minor), 0)::bigint FROM payments p
            WHERE p.payer_account_id = e.account_id AND p.expires_at IS NOT NULL AND p.state <> 'declined')
      FROM entries e GROUP BY account_id
"""
TICKETS = "SELECT subject, status = 'expired' OR expires_at <= now() FROM tickets"
ORDERS = "SELECT order_id, status, coalesce(payment_id::text, '') FROM orders"


class Payment(NamedTuple):
    """A row of `payments`."""

    subject: str
    payment_id: str
    payer: str
    payee: str
    amount: int
    captured: int
    refunded: int
    state: str
    state_reason: str
    held: bool = False  # it was an authorization


class Move(NamedTuple):
    """A transfer of a payment; both legs are there."""

    payment_id: str
    kind: str
    credited: int
    debited: int


class Leg(NamedTuple):
    """The leg of a deposit or withdrawal."""

    account_id: str
    sequence: int
    transfer_id: str
    amount: int
    balance_after: int


class Correction(NamedTuple):
    """A row of `corrections`."""

    correction_id: str
    payment_id: str
    kind: str
    amount: int
    completed: bool


class Order(NamedTuple):
    """A row of `orders`."""

    order_id: str
    status: str
    payment_id: str


@dataclass(slots=True)
class Books:
    """By what they are looked up by."""

    payments: dict[str, Payment] = field(default_factory=dict)  # by id
    attempts: dict[str, list[Payment]] = field(default_factory=lambda: defaultdict(list))  # by subject
    moves: dict[str, list[Move]] = field(default_factory=lambda: defaultdict(list))  # by payment
    legs: dict[tuple[str, int], Leg] = field(default_factory=dict)
    requests: dict[tuple[str, str], int] = field(default_factory=dict)  # the amount that was asked for
    corrections: dict[str, Correction] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    least: dict[str, int] = field(default_factory=dict)  # by account; `LEAST`
    tickets: dict[str, bool] = field(default_factory=dict)  # by subject; whether its time is over

    def net(self, payment_id: str) -> int:
        """What the payee has of a payment in the end."""
        return sum(move.credited if move.kind == "charge" else -move.credited for move in self.moves[payment_id])

    def least_available(self, account_id: str) -> int:
        """What the account always had since its first entry, at least, as if all that was ever held was so at once."""
        return self.least.get(account_id, 0)

    def live(self, subject: str) -> list[Payment]:
        """The attempts that are not declined."""
        return [payment for payment in self.attempts[subject] if payment.state != "declined"]


def read(urls: Mapping[str, str]) -> Books:
    """Everything."""
    books = Books()
    with psycopg.connect(plain(urls["payments"])) as payments, psycopg.connect(plain(urls["orders"])) as orders:
        for payment in map(Payment._make, payments.execute(PAYMENTS.encode())):
            books.payments[payment.payment_id] = payment
            books.attempts[payment.subject].append(payment)
        for move in map(Move._make, payments.execute(MOVES.encode())):
            books.moves[move.payment_id].append(move)
        books.legs = {(leg.account_id, leg.sequence): leg for leg in map(Leg._make, payments.execute(ENTRIES.encode()))}
        books.requests = {(method, name): amount for method, name, amount in payments.execute(REQUESTS.encode())}
        books.corrections = {c.correction_id: c for c in map(Correction._make, payments.execute(CORRECTIONS.encode()))}
        books.least = dict(payments.execute(LEAST.encode()).fetchall())
        books.tickets = dict(payments.execute(TICKETS.encode()).fetchall())
        books.orders = {order.order_id: order for order in map(Order._make, orders.execute(ORDERS.encode()))}
    return books
