"""Whether what callers were told stands in the books."""

from collections.abc import Iterator, Sequence

from faults.books import Books
from faults.recovery.callers import Call

# From whoever has these without a reason from us, an answer was kept: UNAVAILABLE alone may come from a connection
# that could not take the call any more, and then the books tell whether the call was carried out.
TRANSPORT = "UNAVAILABLE"


def lost(calls: Sequence[Call], books: Books) -> Iterator[str]:
    """Acknowledged payments that are not there, once, with their order paid by them."""
    for call in calls:
        if call.ok and (why := _missing(call, books)):
            yield f"{call.order_id} was told of payment {call.payment_id}: {why}"


def unanswered(in_flight: Sequence[Call], books: Books) -> Iterator[str]:
    """Calls whose caller was told nothing, or a status without a word of ours, about what was carried out or may be."""
    for call in in_flight:
        charged = bool(books.live(f"order:{call.order_id}"))
        if not call.ok and not call.reason and (charged or call.status != TRANSPORT):
            done = "charged" if charged else "not charged"
            yield f"{call.order_id} was {done}, and its caller told {call.status or 'nothing'}"


def _missing(call: Call, books: Books) -> str:
    payment = books.payments.get(call.payment_id)
    if payment is None:
        return "there is none"
    if payment.state != "succeeded" or payment.subject != f"order:{call.order_id}":
        return f"it is {payment.state}, of {payment.subject}"
    if len(moves := books.moves[call.payment_id]) != 1:
        return f"it has {len(moves)} transfers"
    order = books.orders.get(call.order_id)
    if order is None or (order.status, order.payment_id) != ("paid", call.payment_id):
        return f"the order is {order}"
    return ""
