"""I1, I6, I7: an OK answers what was asked, and says what is so."""

from collections.abc import Callable, Iterator
from typing import Any

from faults.books import Books
from faults.checks.base import PAYS, Violation, by_subject, key, ok, subject
from faults.history import Call, History
from payonce.payment.v1 import payment_pb2, payment_service_pb2

# What a payment that was told to be in a state may be in the end.
BECOMES = {
    "authorized": {"authorized", "succeeded", "refunded", "reversed", "voided"},
    "succeeded": {"succeeded", "refunded", "reversed"},
    "declined": {"declined"},
    "reversed": {"reversed"},
    "refunded": {"refunded"},
    "voided": {"voided"},
}
WITHOUT = {"not_seen", "in_progress"}
SAFE = {"not_seen", "declined"}


def as_asked(history: History, books: Books) -> Iterator[Violation]:
    """I7: the amount, the account, the payment of an OK are those of the request."""
    for call in ok(history.calls, *ASKED):
        if wrong := ASKED[call.rpc](call, books):
            yield Violation(f"I7 {call.rpc} {key(call)} was answered OK, but {wrong}", call.story)


def confirmed(history: History, books: Books) -> Iterator[Violation]:
    """I6: an order that was told to be confirmed is PAID by that payment, or was."""
    for call in ok(history.calls, "PayOrder", "CapturePayment"):
        payment_id = call.answer.payment.payment_id
        order = books.orders.get(subject(call, books).removeprefix("order:"))
        is_so = order is not None and order.status in ("paid", "refunded") and order.payment_id == payment_id
        if call.answer.order_confirmed and not is_so:
            yield Violation(
                f"I6 {call.rpc} {key(call)} was told that its order is confirmed; it is {order}", call.story
            )


def looked_up(history: History, books: Books) -> Iterator[Violation]:
    """I1: LookupPayment never forgets what was acknowledged before it, and tells what is so."""
    for calls in by_subject(history.calls, books).values():
        for call in ok(calls, "LookupPayment"):
            before = {one.answer.payment.payment_id for one in ok(calls, *PAYS) if one.ended_s <= call.begun_s}
            if wrong := _looked_up(call, before, books):
                yield Violation(f"I1 LookupPayment {key(call)} was told {_outcome(call)}, but {wrong}", call.story)


def _looked_up(call: Call, before: set[str], books: Books) -> str:
    answer, outcome = call.answer, _outcome(call)
    payment = books.payments.get(answer.payment.payment_id)
    if outcome in WITHOUT and answer.HasField("payment"):
        return f"with payment {answer.payment.payment_id}"
    if outcome not in WITHOUT and (payment is None or payment.subject != subject(call, books)):
        return f"its payment is {payment}"
    if payment and payment.state not in BECOMES.get(outcome, ()):
        return f"its payment is {payment}"
    if answer.HasField("payment") and _state(answer.payment) != outcome:
        return f"its payment was told to be {_state(answer.payment)}"
    if answer.safe_to_retry and outcome not in SAFE:
        return "safe to retry"
    if before - {answer.payment.payment_id}:
        return f"{sorted(before)} was acknowledged before"
    return ""


def _outcome(call: Call) -> str:
    name = payment_service_pb2.LookupOutcome.Name(call.answer.outcome)
    return name.removeprefix("LOOKUP_OUTCOME_").lower()


def _state(payment: payment_pb2.Payment) -> str:
    return payment_pb2.PaymentState.Name(payment.state).removeprefix("PAYMENT_STATE_").lower()


def _paid_order(call: Call, _: Books) -> str:
    asked, told = call.request, call.answer.payment
    return _differ(told, amount=asked.expected_amount if asked.HasField("expected_amount") else None)


def _used_ticket(call: Call, _: Books) -> str:
    asked, told = call.request, call.answer.payment
    amount = asked.amount if asked.HasField("amount") else None
    return _differ(told, amount=amount, payee_account_id=asked.payee_account_id or None)


def _captured(call: Call, _: Books) -> str:
    asked = call.request
    amount = asked.amount if asked.HasField("amount") else None
    return _differ(call.answer.payment, payment_id=asked.payment_id, captured_amount=amount)


def _refunded(call: Call, _: Books) -> str:
    return _differ(call.answer.refund, payment_id=call.request.payment_id or None, amount=call.request.amount)


def _moved(sign: int) -> Callable[[Call, Books], str]:
    def moved(call: Call, _: Books) -> str:
        asked, told = call.request, call.answer.entry
        if told.amount.minor_units != sign * asked.amount.minor_units:
            return f"the entry is of {told.amount.minor_units}, not of {sign * asked.amount.minor_units}"
        return _differ(told, account_id=asked.account_id)

    return moved


def _ended(call: Call, books: Books) -> str:
    payment = books.payments.get(call.answer.payment.payment_id)
    return "" if payment and payment.subject == subject(call, books) else f"its payment is {payment}"


def _ordered(call: Call, _: Books) -> str:
    names = ("order_id", "customer_id", "payer_account_id", "payee_account_id", "amount")
    return _differ(call.answer, **{name: getattr(call.request, name) for name in names})


def _differ(told: Any, **asked: Any) -> str:
    """What was told otherwise than asked; None was not asked for."""
    wrong = [name for name, value in asked.items() if value is not None and getattr(told, name) != value]
    return f"with another {', '.join(wrong)}" if wrong else ""


ASKED: dict[str, Callable[[Call, Books], str]] = {
    "PayOrder": _paid_order,
    "AuthorizePayment": _paid_order,
    "PayWithTicket": _used_ticket,
    "CapturePayment": _captured,
    "RefundPayment": _refunded,
    "ReversePayment": _ended,
    "VoidAuthorization": _ended,
    "Deposit": _moved(1),
    "Withdraw": _moved(-1),
    "CreateOrder": _ordered,
}
