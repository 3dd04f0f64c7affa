"""I2, I8, I12: one payment for a thing, and none given back but for a reason."""

from collections import defaultdict
from collections.abc import Iterator

from faults.books import Books
from faults.checks.base import BACK, PAYS, Violation, by_subject, ok
from faults.history import History

# What somebody must have asked for, if it came to this; nobody, when a time was over.
ASKED = {
    ("reversed", "REVERSAL_REQUESTED"): {"ReversePayment"},
    ("reversed", "ORDER_CANCELLED"): BACK,
    ("reversed", "ORDER_REFUNDED"): BACK,
    ("refunded", ""): {"RefundPayment"},
    ("voided", "REVERSAL_REQUESTED"): {"ReversePayment"},
    ("voided", "AUTHORIZATION_VOIDED"): {"VoidAuthorization"},
    ("voided", "AUTHORIZATION_EXPIRED"): {"AuthorizePayment"},
}


def one_payment(history: History, books: Books) -> Iterator[Violation]:
    """I2, I12: whoever paid for an order or with a ticket was told of the same payment, and it charged once."""
    for of, calls in by_subject(history.calls, books).items():
        ids = {call.answer.payment.payment_id for call in ok(calls, *PAYS)}
        live = books.live(of)
        charges = sum(move.kind == "charge" for payment in live for move in books.moves[payment.payment_id])
        number = "I2" if of.startswith("order:") else "I12"
        if len(ids) > 1:
            yield Violation(f"{number} {of} was told to be paid by {len(ids)} payments: {sorted(ids)}", calls[0].story)
        if len(live) > 1 or charges > 1:
            yield Violation(f"{number} {of} has {len(live)} payments and {charges} charges", calls[0].story)


def reversed_for_a_reason(history: History, books: Books) -> Iterator[Violation]:
    """I8: money goes back when somebody asked for it, or the order was cancelled; never on an unknown outcome."""
    asked: dict[int, set[str]] = defaultdict(set)
    for call in history.calls:
        asked[call.story].add(call.rpc)
    for of, calls in by_subject(history.calls, books).items():
        for payment in books.live(of):
            if payment.state in ("succeeded", "authorized"):
                continue
            reasons = ASKED.get((payment.state, payment.state_reason))
            if reasons is None or not reasons & asked[calls[0].story]:
                text = f"I8 payment {payment.payment_id} of {of} is {payment.state} ({payment.state_reason}); asked for"
                yield Violation(f"{text}: {sorted(asked[calls[0].story])}", calls[0].story)
