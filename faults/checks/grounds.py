"""A refusal for good has its ground, in what was asked or in the books: a service that refuses everybody is none.

Where the books tell only what stands at the end, whatever may have been so meanwhile is a ground.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from faults.books import Books, Payment
from faults.checks.base import BACK, PAYS, Violation, by_key, by_subject, key, subject
from faults.history import Call, History, Outcome

# An OK to one of these says that there is such an order.
PROVES = PAYS | {"CreateOrder", "CancelOrder"}
OF_PAYERS = {"PayOrder", "AuthorizePayment", "PayWithTicket"}


@dataclass(slots=True)
class Known:
    """What a refusal is held to."""

    books: Books
    lost: frozenset[str]
    about: dict[str, list[Call]]  # by subject
    same: dict[tuple[str, str], list[Call]]  # what has the same key
    story: dict[int, list[Call]]

    def live(self, call: Call) -> Payment | None:
        """The payment that the call names, or that of what it is about."""
        named = getattr(call.request, "payment_id", "")
        return self.books.payments.get(named) or next(iter(self.books.live(subject(call, self.books))), None)

    def status(self, call: Call) -> str:
        """That of its order."""
        order = self.books.orders.get(subject(call, self.books).removeprefix("order:"))
        return order.status if order else "not there"


def grounded(history: History, books: Books) -> Iterator[Violation]:
    """No refusal without a reason."""
    about, same, story = by_subject(history.calls, books), by_key(history.calls), defaultdict(list)
    for call in history.calls:
        story[call.story].append(call)
    known = Known(books, history.lost, about, same, story)
    for call in history.calls:
        if call.outcome is Outcome.REFUSED and (wrong := GROUNDS.get(call.reason, _never)(call, known)):
            yield Violation(f"unfounded {call.rpc} {key(call)} was refused with {call.reason}, but {wrong}", call.story)


def declined_for_want(history: History, books: Books) -> Iterator[Violation]:
    """A payment is declined when its payer may have had too little, whoever was told of it."""
    for of, payments in books.attempts.items():
        for payment in payments:
            least = books.least_available(payment.payer)
            if payment.state == "declined" and payment.amount <= least:
                about = by_subject((call for call in history.calls if call.rpc in OF_PAYERS), books).get(of, [])
                text = f"unfounded {of} was declined; {payment.payer} always had {least}, and it is of {payment.amount}"
                yield Violation(text, about[0].story if about else None)


def _bad_request(call: Call, _: Known) -> str:
    names = call.request.DESCRIPTOR.fields_by_name
    empty = "order_id" in names and not call.request.order_id
    bad = "amount" in names and call.request.amount.minor_units <= 0
    return "" if empty or bad else "nothing is wrong with it"


def _no_order(call: Call, known: Known) -> str:
    of = subject(call, known.books)
    if of.removeprefix("order:") in known.lost:
        return ""
    there = [
        one.rpc
        for one in known.about.get(of, ())
        if one.rpc in PROVES and one.outcome is Outcome.OK and one.ended_s <= call.begun_s
    ]
    return f"{there[0]} of it was answered OK before" if there else ""


def _no_payment(call: Call, known: Known) -> str:
    return "it is there" if call.request.payment_id in known.books.payments else ""


def _no_ticket(call: Call, known: Known) -> str:
    return "it is there" if subject(call, known.books) in known.books.tickets else ""


def _never(_: Call, __: Known) -> str:
    return "no story gives a reason for that"


def _cancelled(call: Call, known: Known) -> str:
    if known.status(call) != "cancelled":
        return f"its order is {known.status(call)}"
    expired = (payment := known.live(call)) and payment.state_reason == "AUTHORIZATION_EXPIRED"
    return "" if expired or _asked_back(call, known) else "nobody asked for that before"


def _refunded_order(call: Call, known: Known) -> str:
    payment = known.live(call)
    if known.status(call) != "refunded" and not (payment and payment.state in ("refunded", "reversed")):
        return f"its order is {known.status(call)}, its payment {payment}"
    return "" if _asked_back(call, known) else "nobody asked for that before"


def _asked_back(call: Call, known: Known) -> bool:
    return any(one.rpc in BACK and one.begun_s <= call.ended_s for one in known.story[call.story])


def _paid_order(call: Call, known: Known) -> str:
    payment = known.live(call)
    if known.status(call) in ("paid", "refunded") or (payment and payment.captured):
        return ""
    return f"its order is {known.status(call)}, its payment {payment}"


def _state(*states: str) -> "Ground":
    def ground(call: Call, known: Known) -> str:
        payment = known.live(call)
        return "" if payment and payment.state in states else f"its payment is {payment}"

    return ground


def _captured(call: Call, known: Known) -> str:
    payment = known.live(call)
    return "" if payment and payment.captured else f"its payment is {payment}"


def _authorized(call: Call, known: Known) -> str:
    payment = known.live(call)
    return "" if payment and payment.held else f"its payment is {payment}"


def _expired(call: Call, known: Known) -> str:
    payment = known.live(call)
    return "" if payment and payment.state_reason == "AUTHORIZATION_EXPIRED" else f"its payment is {payment}"


def _expired_ticket(call: Call, known: Known) -> str:
    return "" if known.books.tickets.get(subject(call, known.books)) else "its time is not over"


def _other_request(call: Call, known: Known) -> str:
    """Reused, or mismatched: somebody must have asked for something else with the same key."""
    others = known.same[call.rpc, key(call)]
    return "" if any(one.request != call.request for one in others) else "it was always asked for the same"


def _other_amount(call: Call, known: Known) -> str:
    if call.rpc == "CapturePayment":
        payment = known.live(call)
        if payment and call.request.amount.minor_units > payment.amount:
            return ""
        return _other_request(call, known)
    expected = call.request.expected_amount
    made = [one.request.amount for one in known.about.get(subject(call, known.books), ()) if one.rpc == "CreateOrder"]
    agrees = not call.request.HasField("expected_amount") or expected in made
    return f"its order is of {expected.minor_units}" if agrees else ""


def _too_little(call: Call, known: Known) -> str:
    books = known.books
    if call.rpc in OF_PAYERS:  # the balance is looked at by `declined_for_want`
        declined = any(payment.state == "declined" for payment in books.attempts[subject(call, books)])
        return "" if declined else "no attempt was declined"
    if call.rpc == "Withdraw" and call.request.amount.minor_units > books.least_available(call.request.account_id):
        return ""
    return "there was enough"


def _too_much(call: Call, known: Known) -> str:
    payment = known.live(call)
    if payment is None:
        return "there is no such payment"
    if payment.state in ("refunded", "reversed"):
        return ""  # while it is being taken back nothing is left
    given = sum(c.amount for c in known.books.corrections.values() if c.payment_id == payment.payment_id)
    left = payment.captured - given
    return f"{left} of it are left" if call.request.amount.minor_units <= left else ""


Ground = Callable[[Call, Known], str]
# What is wrong with a refusal, if anything. No story gives a ground for a reason that is not among these.
GROUNDS: dict[str, Ground] = {
    "INVALID_REQUEST": _bad_request,
    "ORDER_NOT_FOUND": _no_order,
    "PAYMENT_NOT_FOUND": _no_payment,
    "TICKET_NOT_FOUND": _no_ticket,
    "ORDER_CANCELLED": _cancelled,
    "ORDER_REFUNDED": _refunded_order,
    "ORDER_ALREADY_PAID": _paid_order,
    "PAYMENT_AUTHORIZED": _authorized,
    "PAYMENT_CAPTURED": _captured,
    "PAYMENT_DECLINED": _state("declined"),
    "PAYMENT_REFUNDED": _state("refunded"),
    "PAYMENT_REVERSED": _state("reversed"),
    "PAYMENT_VOIDED": _state("voided"),
    "AUTHORIZATION_EXPIRED": _expired,
    "TICKET_EXPIRED": _expired_ticket,
    "TICKET_MISMATCH": _other_request,
    "IDEMPOTENCY_KEY_REUSED": _other_request,
    "AMOUNT_MISMATCH": _other_amount,
    "INSUFFICIENT_FUNDS": _too_little,
    "REFUND_EXCEEDS_PAYMENT": _too_much,
}
