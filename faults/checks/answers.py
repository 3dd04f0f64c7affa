"""I13, I18: what was answered once is answered again, what is final stays so, and nothing is told that is secret."""

import re
from collections.abc import Iterator

from faults.books import Books
from faults.checks.base import Violation, by_key, by_subject, ok
from faults.history import Call, History, Outcome

# Answers that are "as it stands" (protos) are left out.
SAME = ("PayOrder", "PayWithTicket", "CapturePayment", "RefundPayment", "ReversePayment", "VoidAuthorization",
        "Deposit", "Withdraw")  # fmt: skip
TOLD = ("payment", "refund", "entry")  # the part of an answer that never changes; `order_confirmed` may
FINAL = {
    "ORDER_CANCELLED",
    "ORDER_REFUNDED",
    "PAYMENT_VOIDED",
    "PAYMENT_REVERSED",
    "PAYMENT_REFUNDED",
    "TICKET_EXPIRED",
}
ENDS = ("PayOrder", "PayWithTicket", "AuthorizePayment")
INTERNALS = re.compile(r"psycopg|sqlalchemy|Traceback|postgresql|\bSELECT\b|\bINSERT INTO\b|\bUPDATE \w+ SET\b|\.py\b")


def replays_equal(history: History, books: Books) -> Iterator[Violation]:  # noqa: ARG001 - a checker's signature
    """I13: each OK to the same request is the same message."""
    for (rpc, of), calls in by_key(ok(history.calls, *SAME)).items():
        told = {_told(call) for call in calls}
        if len(told) > 1:
            yield Violation(f"I13 {rpc} {of} was answered with {len(told)} different messages", calls[0].story)


def first_once(history: History, books: Books) -> Iterator[Violation]:  # noqa: ARG001
    """I13: of all OKs to the same request one, at most, is not marked as a replay; a replay has something before it."""
    for (rpc, of), calls in by_key(c for c in history.calls if c.rpc in SAME).items():
        answered = [call for call in calls if call.outcome is Outcome.OK]
        first = [call for call in answered if not call.replayed]
        if len(first) > 1:
            yield Violation(f"I13 {rpc} {of} was answered {len(first)} times as if for the first time", calls[0].story)
        if len(calls) == 1 and answered and answered[0].replayed and rpc in ("Deposit", "Withdraw", "RefundPayment"):
            yield Violation(f"I13 {rpc} {of} was sent once, and answered as a replay", calls[0].story)


def final(history: History, books: Books) -> Iterator[Violation]:
    """I11: after a refusal that is final, no payment succeeds."""
    for of, calls in by_subject((c for c in history.calls if c.rpc in ENDS), books).items():
        ended = [call.ended_s for call in calls if call.outcome is Outcome.REFUSED and call.reason in FINAL]
        for call in ok(calls, *ENDS):
            if ended and call.begun_s > min(ended):
                text = (
                    f"I11 {of} was refused for good at {min(ended):.3f} s, and paid by a call of {call.begun_s:.3f} s"
                )
                yield Violation(text, call.story)


def no_secrets(history: History, books: Books) -> Iterator[Violation]:  # noqa: ARG001
    """I18: no SQL, no internals, no ticket in the text of an error."""
    tickets = {call.answer.ticket: call.story for call in ok(history.calls, "CreateTicket")}
    for call in history.calls:
        if not call.reason:
            continue  # the client's own library said it
        if (found := INTERNALS.search(call.text)) or any(ticket in call.text for ticket in _own(call, tickets)):
            yield Violation(f"I18 {call.rpc} was refused with {found[0] if found else 'its ticket'!r}", call.story)


def _own(call: Call, tickets: dict[str, int]) -> list[str]:
    return [call.request.ticket] if getattr(call.request, "ticket", "") in tickets else []


def _told(call: Call) -> bytes:
    for name in TOLD:
        if name in call.answer.DESCRIPTOR.fields_by_name:
            part: bytes = getattr(call.answer, name).SerializeToString(deterministic=True)
            return part
    raise AssertionError(f"{call.rpc} answers with none of {TOLD}")
