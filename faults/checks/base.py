"""What the checks of histories share."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from faults.books import Books
from faults.history import Call, History, Outcome

PAYS = frozenset({"PayOrder", "AuthorizePayment", "PayWithTicket", "CapturePayment"})
# These take back, or end an order.
BACK = frozenset({"CancelOrder", "ReversePayment", "RefundPayment", "VoidAuthorization"})


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that does not hold, and the story that shows it, if it is one's."""

    text: str
    story: int | None = None


Checker = Callable[[History, Books], Iterator[Violation]]


def ok(calls: Iterable[Call], *rpcs: str) -> Iterator[Call]:
    """Those that were answered OK."""
    return (call for call in calls if call.outcome is Outcome.OK and call.rpc in rpcs)


def subject(call: Call, books: Books) -> str:
    """What the call is about, as `payments.subject` has it; empty when it is about none, or that is not known."""
    request = call.request
    named = {field.name for field in request.DESCRIPTOR.fields}
    if "ticket" in named and request.ticket:
        digest = hashlib.sha256(request.ticket.encode()).hexdigest()
        return f"ticket:{digest}"
    if "order_id" in named and request.order_id:
        return f"order:{request.order_id}"
    if "payment_id" in named and request.payment_id in books.payments:
        return books.payments[request.payment_id].subject
    return ""


def key(call: Call) -> str:
    """What makes a repetition of the call a repetition."""
    request = call.request
    for name in ("request_id", "ticket", "order_id", "payment_id"):
        if name in request.DESCRIPTOR.fields_by_name and getattr(request, name):
            return str(getattr(request, name))
    return ""


def by_key(calls: Iterable[Call]) -> dict[tuple[str, str], list[Call]]:
    """Calls that are repetitions of each other, if they say the same."""
    found: dict[tuple[str, str], list[Call]] = defaultdict(list)
    for call in calls:
        found[call.rpc, key(call)].append(call)
    return found


def by_subject(calls: Iterable[Call], books: Books) -> dict[str, list[Call]]:
    """Calls about the same order or ticket."""
    found: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        if of := subject(call, books):
            found[of].append(call)
    return found
