"""I1, I9: what was acknowledged is in the books."""

from collections import defaultdict
from collections.abc import Callable, Iterator

from faults.books import Books
from faults.checks.base import Violation, ok, subject
from faults.history import Call, History

MOVED = {"succeeded", "refunded", "reversed"}


def acknowledged(history: History, books: Books) -> Iterator[Violation]:
    """I1: an OK has its payment and its entries, its refund, its leg."""
    for call in ok(history.calls, *THERE):
        if missing := THERE[call.rpc](call, books):
            yield Violation(f"I1 {call.rpc} was answered OK, but {missing}", call.story)


def refunds_within_charge(history: History, books: Books) -> Iterator[Violation]:
    """I9: what was acknowledged to be given back is no more than what was charged."""
    given: dict[str, dict[str, int]] = defaultdict(dict)
    stories = {}
    for call in ok(history.calls, "RefundPayment"):
        refund = call.answer.refund
        given[refund.payment_id][refund.refund_id] = refund.amount.minor_units
        stories[refund.payment_id] = call.story
    for payment_id, refunds in given.items():
        payment = books.payments.get(payment_id)
        if payment is None or sum(refunds.values()) > payment.captured:
            charged = payment.captured if payment else "nothing"
            yield Violation(
                f"I9 payment {payment_id} charged {charged}, {sum(refunds.values())} was given back",
                stories[payment_id],
            )


def _charged(call: Call, books: Books) -> str:
    told = call.answer.payment
    payment = books.payments.get(told.payment_id)
    if payment is None:
        return f"payment {told.payment_id} is not there"
    if (payment.subject, payment.payer, payment.payee, payment.amount) != (
        subject(call, books), told.payer_account_id, told.payee_account_id, told.amount.minor_units
    ):  # fmt: skip
        return f"payment {told.payment_id} is another one: {payment}"
    charged = told.captured_amount.minor_units
    found = [(m.credited, m.debited) for m in books.moves[told.payment_id] if m.kind == "charge"]
    if payment.state not in MOVED or found != [(charged, -charged)]:
        return f"payment {told.payment_id} of {charged} is {payment.state} with charges {found}"
    return ""


def _reserved(call: Call, books: Books) -> str:
    return "" if call.answer.payment.payment_id in books.payments else "its payment is not there"


def _refunded(call: Call, books: Books) -> str:
    refund = call.answer.refund
    found = books.corrections.get(refund.refund_id)
    if found is None or not found.completed or found.amount != refund.amount.minor_units:
        return f"refund {refund.refund_id} of {refund.amount.minor_units} is {found}"
    return ""


def _given_back(call: Call, books: Books) -> str:
    told = call.answer.payment
    payment = books.payments.get(told.payment_id)
    if payment is None or payment.state not in ("reversed", "voided") or books.net(told.payment_id):
        return f"payment {told.payment_id} is {payment}, and keeps {books.net(told.payment_id)}"
    return ""


def _posted(call: Call, books: Books) -> str:
    told = call.answer.entry
    leg = books.legs.get((told.account_id, told.sequence))
    expected = (
        told.account_id,
        told.sequence,
        told.transfer_id,
        told.amount.minor_units,
        told.balance_after.minor_units,
    )
    return "" if leg == expected else f"entry {told.account_id}/{told.sequence} is {leg}"


def _ordered(call: Call, books: Books) -> str:
    return "" if call.answer.order_id in books.orders else f"order {call.answer.order_id} is not there"


THERE: dict[str, Callable[[Call, Books], str]] = {
    "PayOrder": _charged,
    "PayWithTicket": _charged,
    "CapturePayment": _charged,
    "AuthorizePayment": _reserved,
    "RefundPayment": _refunded,
    "ReversePayment": _given_back,
    "VoidAuthorization": _given_back,
    "Deposit": _posted,
    "Withdraw": _posted,
    "CreateOrder": _ordered,
}
