"""I10, I14, I17: who was refused for good has not paid."""

from collections.abc import Iterator

from faults.books import Books
from faults.checks.base import PAYS, Violation, by_key, by_subject
from faults.history import History, Outcome

UNTOUCHED = {"INVALID_ARGUMENT", "NOT_FOUND"}
WITH_REQUEST_ID = ("Deposit", "Withdraw", "RefundPayment")


def refused_moved_nothing(history: History, books: Books) -> Iterator[Violation]:
    """I17: when every attempt to pay was refused, nothing has moved in the end; a bad request left no trace at all."""
    for of, calls in by_subject((c for c in history.calls if c.rpc in PAYS), books).items():
        if any(call.outcome is not Outcome.REFUSED for call in calls):
            continue
        kept = {payment.payment_id: books.net(payment.payment_id) for payment in books.attempts[of]}
        if any(moved != 0 for moved in kept.values()):
            yield Violation(f"I17 every attempt to pay {of} was refused, and {kept} moved", calls[0].story)
        if kept and all(call.status in UNTOUCHED for call in calls) and books.live(of)[:1] != _forbidden(of, books):
            yield Violation(f"I14 {of} was only asked for in vain, and has payments {sorted(kept)}", calls[0].story)


def refused_requests_left_nothing(history: History, books: Books) -> Iterator[Violation]:
    """I14: what a request id did was asked for by an attempt that was not refused."""
    asked = by_key(call for call in history.calls if call.rpc in WITH_REQUEST_ID)
    for (rpc, name), calls in asked.items():
        done = books.requests.get((rpc, name))
        possible = {call.request.amount.minor_units for call in calls if call.outcome is not Outcome.REFUSED}
        if done is not None and done not in possible:
            yield Violation(f"I14 {rpc} {name} was done with {done}; not refused: {sorted(possible)}", calls[0].story)


def cancelled_keeps_nothing(history: History, books: Books) -> Iterator[Violation]:
    """I10: an order that somebody was told is cancelled is so, and keeps no money; one that was told paid was."""
    for call in history.calls:
        if call.rpc != "CancelOrder" or call.outcome not in (Outcome.OK, Outcome.REFUSED):
            continue
        order = books.orders.get(call.request.order_id)
        status = order.status if order else "not there"
        kept = sum(books.net(payment.payment_id) for payment in books.attempts[f"order:{call.request.order_id}"])
        if call.outcome is Outcome.OK and (status != "cancelled" or kept):
            yield Violation(
                f"I10 {call.request.order_id} was told to be cancelled, is {status}, keeps {kept}", call.story
            )
        if call.reason == "ORDER_ALREADY_PAID" and status not in ("paid", "refunded"):
            yield Violation(f"I10 {call.request.order_id} was told to be paid, and is {status}", call.story)


def _forbidden(of: str, books: Books) -> list[object]:
    """A tombstone: a reversal that came first."""
    return [payment for payment in books.live(of)[:1] if payment.state == "voided"]
