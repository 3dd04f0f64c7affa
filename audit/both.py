"""What only both databases together can tell: a merge of two streams, in the order of the orders' ids."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

from audit.check import NAMED, Finding
from audit.databases import Connection, Cut

FETCH = 5000
# The collation "C" is Python's own order of strings, whatever the databases' locale.
ORDERS = """
    SELECT order_id, status, payment_id::text, customer_id, payer_account_id, payee_account_id, currency, amount_minor
      FROM orders ORDER BY order_id COLLATE "C"
"""
PAYMENTS = """
    SELECT substr(p.subject, 7), p.state, p.payment_id::text, a.owner_id, p.payer_account_id, p.payee_account_id,
           p.currency, p.amount_minor, h.payment_id IS NOT NULL, p.correction_id IS NOT NULL,
           c.completed_at IS NOT NULL, p.state = 'voided' AND p.expires_at IS NULL,
           coalesce(c.state_reason = 'ORDER_CANCELLED', false)
      FROM payments p
      LEFT JOIN accounts a ON a.account_id = p.payer_account_id
      LEFT JOIN history h ON h.subject = p.subject AND h.payment_id = p.payment_id AND h.event = 'confirmed'
      LEFT JOIN corrections c ON c.subject = p.subject AND c.correction_id = p.correction_id
     WHERE starts_with(p.subject, 'order:')
     ORDER BY substr(p.subject, 7) COLLATE "C"
"""


class Order(NamedTuple):
    """A row of `orders`. From the payer on it is what a payment must agree with."""

    order_id: str
    status: str
    payment_id: str | None
    customer_id: str
    payer: str
    payee: str
    currency: str
    amount_minor: int


class Payment(NamedTuple):
    """A row of `payments`, without those of tickets."""

    order_id: str
    state: str
    payment_id: str
    owner_id: str | None
    payer: str
    payee: str
    currency: str
    amount_minor: int
    confirmed: bool
    begun: bool  # it is being taken back, or is
    done: bool  # it is taken back
    forbidden: bool  # before it came; nobody looked whose account it would have been
    bereft: bool  # it is taken back because its order was cancelled; when confirmed before, orders were restored


R = TypeVar("R", Order, Payment)


class Findings(NamedTuple):
    """The invariants of the pair."""

    status: Finding
    content: Finding
    both: Finding


def compare(
    cut: Cut, rows: dict[str, int], advance: Callable[[int], None], name_at_most: int | None = NAMED
) -> Findings:
    """I6, I7, I10 in one pass; `advance` is told how many orders were looked at."""
    findings = Findings(
        Finding(
            "I6 an order is PAID by its one SUCCEEDED payment, or one of them is about to follow",
            rows["orders"],
        ),
        Finding("I7 a payment's payer, payee, amount, currency and owner are its order's", rows["payments"]),
        Finding("I10 a cancelled order keeps no confirmed payment, a refunded one none that is not given back",
                rows["orders"]),
    )  # fmt: skip
    for finding in findings:
        finding.name_at_most = name_at_most
    payments = _stream(cut.payments, "both_payments", PAYMENTS, Payment)
    payment = next(payments, None)
    for seen, order in enumerate(_stream(cut.orders, "both_orders", ORDERS, Order), 1):
        while payment and payment.order_id < order.order_id:
            _orphan(findings, payment)
            payment = next(payments, None)
        live = None
        while payment and payment.order_id == order.order_id:
            _content(findings.content, order, payment)
            if payment.state != "declined":
                live = payment
            payment = next(payments, None)
        _status(findings, order, live)
        if seen % FETCH == 0:
            advance(FETCH)
    while payment:
        _orphan(findings, payment)
        payment = next(payments, None)
    return findings


def _stream(connection: Connection, name: str, query: str, kind: type[R]) -> Iterator[R]:
    with connection.cursor(name) as cursor:
        cursor.itersize = FETCH
        cursor.execute(query.encode())
        for row in cursor:
            yield kind._make(row)


def _orphan(findings: Findings, payment: Payment) -> None:
    findings.content.blame(payment.payment_id, f"is for order {payment.order_id}, which is not there")


def _content(finding: Finding, order: Order, payment: Payment) -> None:
    if payment[4:8] != order[4:8] or not (payment.forbidden or payment.owner_id == order.customer_id):
        finding.blame(payment.payment_id, f"is not what order {order.order_id} says")


def _status(findings: Findings, order: Order, payment: Payment | None) -> None:
    """Whether order and payment may stand like that at the same moment."""
    if payment is None:
        if order.status in ("paid", "refunded"):
            findings.status.blame(order.order_id, f"is {order.status}, but its payment {order.payment_id} is not there")
        return
    status = order.status
    if order.payment_id not in (None, payment.payment_id):
        findings.status.blame(order.order_id, f"is {status} by {order.payment_id}, not by {payment.payment_id}")
    elif status not in _may_be(payment):
        finding = findings.both if status in ("cancelled", "refunded") else findings.status
        finding.blame(order.order_id, f"is {status}, its payment {payment.payment_id} is {_say(payment)}")


def _may_be(payment: Payment) -> set[str]:
    """The statuses that an order may have while its payment stands like this (DESIGN section 1, the order of steps)."""
    match payment.state:
        case "authorized":
            return {"unpaid", "cancelled"}
        case "succeeded" if payment.confirmed:
            return {"paid", "refunded", *_bereft(payment)} if payment.begun else {"paid"}
        case "succeeded":
            # Not flipped yet, flipped but not noted yet, or refused and about to be reversed.
            return {"unpaid", "paid", "cancelled", "refunded"} if payment.begun else {"unpaid", "paid", "cancelled"}
        case "voided":
            return {"cancelled"} if payment.done else {"unpaid", "cancelled"}
        case _:  # given back: the order ended before
            return {"refunded", *_bereft(payment)} if payment.confirmed else {"cancelled", "refunded"}


def _bereft(payment: Payment) -> set[str]:
    return {"cancelled"} if payment.bereft else set()


def _say(payment: Payment) -> str:
    said = [payment.state, "confirmed" if payment.confirmed else "not confirmed"]
    return ", ".join([*said, "being taken back"] if payment.begun and not payment.done else said)
