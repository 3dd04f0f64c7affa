"""What only both databases together can tell, once everything is at rest."""

from collections.abc import Iterator, Sequence
from typing import Any

from payment_service.domain.payments import order_of
from simulation.clients import Call, subject_of
from simulation.stage import Stage

CONTENT = ("payer_account_id", "payee_account_id", "currency", "amount_minor")
# The statuses that an order may have at rest, by its payment's state and whether it was confirmed.
MAY_BE = {
    ("authorized", False): {"unpaid", "cancelled"},
    ("succeeded", True): {"paid"},
    ("voided", False): {"cancelled"},
    ("refunded", True): {"refunded"},
    ("refunded", False): {"refunded", "cancelled"},
    ("reversed", True): {"refunded"},
    ("reversed", False): {"refunded", "cancelled"},
}
# Who asks for them, and which state reason that gives.
ASKED = {"reverse": "REVERSAL_REQUESTED", "reverse_ticket": "REVERSAL_REQUESTED", "void": "AUTHORIZATION_VOIDED"}
ENDS_AN_ORDER = ("cancel", "reverse", "void", "refund_rest", "refund_part", "authorize")


def both(stage: Stage, history: Sequence[Call]) -> Iterator[str]:
    """I6, I7, I8, I10."""
    confirmed = {row["payment_id"] for row in stage.rows("history") if row["event"] == "confirmed"}
    live: dict[str, dict[str, Any]] = {}
    orders = {order["order_id"]: order for order in stage.rows("orders")}
    asked = {(subject_of(call.operation), call.operation.kind) for call in history}
    for payment in stage.rows("payments"):
        order = orders.get(order_of(payment["subject"]))
        if order and any(order[name] != payment[name] for name in CONTENT):
            yield f"I7 payment {payment['payment_id']} is not what {order['order_id']} says"
        if order and payment["state"] != "declined":
            live[order["order_id"]] = payment
        yield from _reason(payment, order, asked)
    for order in orders.values():
        yield from _order(order, live.get(order["order_id"]), confirmed)


def _order(order: dict[str, Any], payment: dict[str, Any] | None, confirmed: set[Any]) -> Iterator[str]:
    status, name = order["status"], order["order_id"]
    times = (order["paid_at"] is not None, order["cancelled_at"] is not None, order["refunded_at"] is not None)
    if times != (status in ("paid", "refunded"), status == "cancelled", status == "refunded"):
        yield f"I10 {name} is {status}; paid, cancelled, refunded: {times}"
    if payment is None:
        if status in ("paid", "refunded"):
            yield f"I6 {name} is {status} by {order['payment_id']}, which is not there"
        return
    if order["payment_id"] not in (None, payment["payment_id"]):
        yield f"I6 {name} is {status} by {order['payment_id']}, not by {payment['payment_id']}"
    is_confirmed = payment["payment_id"] in confirmed
    if status not in MAY_BE.get((payment["state"], is_confirmed), ()):
        said = "confirmed" if is_confirmed else "not confirmed"
        yield f"I6 {name} is {status}, its payment {payment['payment_id']} {payment['state']}, {said}"


def _reason(payment: dict[str, Any], order: dict[str, Any] | None, asked: set[tuple[str, str]]) -> Iterator[str]:
    """I8: nothing is taken back but by a refusal, or because somebody asked."""
    reason, subject = payment["state_reason"], payment["subject"]
    kinds = {kind for of, kind in asked if of == subject}
    if reason in ASKED.values() and not any(ASKED.get(kind) == reason for kind in kinds):
        yield f"I8 payment {payment['payment_id']} of {subject} is {reason}, but nobody asked"
    if payment["state"] == "reversed" and str(reason).startswith("ORDER_"):
        final = order is not None and order["status"] in ("cancelled", "refunded")
        if not final or not kinds & set(ENDS_AN_ORDER):
            yield f"I8 payment {payment['payment_id']} of {subject} is reversed: {reason}, which is not so"
