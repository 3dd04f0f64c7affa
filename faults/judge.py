"""What the samples, the audit, the histories and the log say, each as violations."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from audit.check import Finding
from faults.books import Books
from faults.checks import check
from faults.checks.base import Violation
from faults.documented import explained
from faults.history import Call, History
from faults.watch import Sample

ORDER = re.compile(r"\border-(\d+)\b")
UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
TICKET = re.compile(rb"[A-Za-z0-9_-]{22}")


def conserved(samples: Sequence[Sample], healed_at_s: float) -> Iterator[Violation]:
    """I3, I4, I5 at every moment that was looked at; some of them under faults."""
    if not any(sample.at_s < healed_at_s for sample in samples):
        yield Violation("I4 nobody looked at the books before everything was healed")
    for sample in samples:
        if sample.broken:
            yield Violation(f"{sample.broken}, at {sample.at_s:.3f} s")


def audited(finding: Finding, books: Books) -> Iterator[Violation]:
    """What `payonce verify` found, with the story that an offender belongs to."""
    for named in finding.named:
        yield Violation(f"{finding.name}: {named}", _story(named, books))
    if more := finding.violations - len(finding.named):
        yield Violation(f"{finding.name}: and {more} more")


def told(calls: list[Call], books: Books, lost: frozenset[str] = frozenset()) -> list[Violation]:
    """What callers were told, held to the books. `lost` as of `History`."""
    return check(History(calls, lost), books)


def unexplained(calls: Sequence[Call]) -> dict[str, list[Call]]:
    """Answers that no caller could have known of, the same ones together."""
    found: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        if not explained(call.rpc, call.status, call.reason):
            found[f"{call.rpc}: {call.said} {call.text}".strip()].append(call)
    return dict(found)


def secrets(log: bytes, calls: Sequence[Call]) -> Iterator[Violation]:
    """I18: no ticket in the services' logs."""
    tickets = {
        call.answer.ticket.encode(): call.story
        for call in calls
        if call.rpc == "CreateTicket" and call.answer is not None
    }
    for found in set(TICKET.findall(log)) & tickets.keys():
        yield Violation("I18 a ticket stands in a service's log", tickets[found])


def _story(named: str, books: Books) -> int | None:
    if found := ORDER.search(named):
        return int(found[1])
    for payment_id in UUID.findall(named):
        payment = books.payments.get(payment_id)
        if payment and (of := ORDER.search(payment.subject)):
            return int(of[1])
    return None
