"""Statements to compare: each a function of the storage rooms with arguments out of a small pool, made of two numbers."""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from order_service.domain.orders import Filter, Flip, OrderContent
from order_service.domain.orders import OrderStatus as Status
from payment_service.domain.charges import Attempt
from payment_service.domain.corrections import Correction, CorrectionKind
from payment_service.domain.history import Event, EventKind
from payment_service.domain.ledger import AccountKind, Transfer, TransferKind, plan
from payment_service.domain.payments import Payment, PaymentFilter, PaymentState, StateReason, Subject
from payment_service.domain.requests import RequestKey
from shared.money import Money
from simulation.tables import BEGINNING

NAMES = ("ann", "bob", "shop")
SUBJECTS = [Subject(name) for name in ("order:a", "order:b", "ticket:t")]
DAY = timedelta(days=1)
Storage = dict[str, Any]  # a module of the storage rooms by its name


def _uuid(kind: int, number: int) -> uuid.UUID:
    return uuid.UUID(int=kind << 64 | number + 1)


def attempt(number: int) -> Attempt:
    """Two attempts a subject; of those for orders each second one is an authorization, and that of b is over at once."""
    subject, second = SUBJECTS[number % 3], number // 3 % 2 == 1
    hold = (DAY if number % 3 == 0 else -DAY) if second and number % 3 < 2 else None
    amount = Money("EUR", 10)
    return Attempt(subject, "ann", "shop", amount, "anyone", None, hold, _uuid(1, number % 6), _uuid(2, number % 6))


def payment(number: int, state: int = 0) -> Payment:
    """The payment of an attempt, as somebody may have read it."""
    made = attempt(number)
    states = (PaymentState.SUCCEEDED, PaymentState.AUTHORIZED)
    return made.payment(BEGINNING, BEGINNING if made.hold_for else None)._replace(state=states[state % 2])


def correction(number: int, amount: int) -> Correction:
    """A correction of one of them."""
    of = attempt(number)
    kind = (CorrectionKind.REFUND, CorrectionKind.REVERSAL)[amount % 2]
    reason = StateReason.REVERSAL_REQUESTED if amount % 2 else None
    money = Money("EUR", 1 + amount)
    return Correction(_uuid(3, number % 6), of.subject, of.payment_id, kind, money, reason, "why", "anyone")


def _key(number: int) -> RequestKey:
    return RequestKey("anyone", "Deposit", f"request-{number % 2}")


def _content(number: int, other: int) -> OrderContent:
    return OrderContent(f"o-{number % 3}", "ann", "ann", "shop", Money("EUR", 10 + other % 2), "")


def _flips(number: int, other: int) -> list[Flip]:
    return [Flip(f"o-{number % 3}", _uuid(1, other % 2)), Flip(f"o-{(number + 1) % 3}", _uuid(1, other % 2))]


class Statement(NamedTuple):
    """`call` makes it on a connection, by the storage rooms given; its two numbers choose the arguments."""

    name: str
    call: Callable[[Storage, Any, int, int], Any]


async def _post(s: Storage, c: Any, a: int, b: int) -> Any:
    """Lock, plan, write: as usecases/post.py."""
    accounts = await s["accounts"].lock(c, [NAMES[a % 3], NAMES[b % 3]])
    transfer = Transfer(
        _uuid(4, a * 8 + b), TransferKind.REFUND, NAMES[a % 3], NAMES[b % 3], Money("EUR", 5), _uuid(1, a)
    )
    made = plan(accounts, [transfer])
    if made.accounts:
        await s["ledger"].write(c, made.posted, made.accounts)
    return sorted(accounts.items()), made.refused


async def _in_any_order(found: Awaitable[Sequence[Any]]) -> Any:
    return sorted(await found, key=repr)


def _event(a: int, b: int) -> Event:
    return Event(
        SUBJECTS[a % 3], _uuid(1, a), (EventKind.CHARGED, EventKind.CONFIRMED)[b % 2], "anyone", "x" * (b % 2), b
    )


ON_PAYMENTS = [
    Statement("claim", lambda s, c, a, b: s["claims"].claim(c, [attempt(a % 3), attempt(3 + (a + 1 + b % 2) % 3)][: 1 + b % 2])),
    Statement("claim_authorized", lambda s, c, a, b: s["claims"].claim(c, [attempt(3 + a % 2)])),
    Statement("unclaim", lambda s, c, a, b: s["claims"].unclaim(c, [attempt(a)])),
    Statement("record_declined", lambda s, c, a, b: s["claims"].record_declined(c, [attempt(a)])),
    Statement("tombstone", lambda s, c, a, b: s["claims"].tombstone(c, attempt(a), _uuid(3, a % 6))),
    Statement("is_held", lambda s, c, a, b: s["claims"].is_held(c, SUBJECTS[a % 3])),
    Statement("by_subjects", lambda s, c, a, b: s["payments"].by_subjects(c, SUBJECTS)),
    Statement("attempts_of", lambda s, c, a, b: s["payments"].attempts_of(c, SUBJECTS[a % 3])),
    Statement("latest_declined", lambda s, c, a, b: s["payments"].latest_declined(c, SUBJECTS[a % 3])),
    Statement("by_id", lambda s, c, a, b: s["payments"].by_id(c, _uuid(1, a % 6))),
    Statement("newest", lambda s, c, a, b: s["payments"].newest(c, PaymentFilter(), before=None, limit=b)),
    Statement("confirm", lambda s, c, a, b: s["payments"].confirm(c, [(payment(i).subject, payment(i).payment_id) for i in {a, b}])),
    Statement("take_due", lambda s, c, a, b: _in_any_order(s["payments"].take_due(c, 10))),
    Statement("hold_unconfirmed", lambda s, c, a, b: s["payments"].hold_unconfirmed(c, payment(a))),
    Statement("forget_unconfirmed", lambda s, c, a, b: s["payments"].forget_unconfirmed(c, payment(a))),
    Statement("capture", lambda s, c, a, b: s["payments"].capture(c, payment(3 + a % 2), 1 + b)),
    Statement("expired", lambda s, c, a, b: s["payments"].expired(c, 5)),
    Statement("refund_part", lambda s, c, a, b: s["payments"].refund_part(c, payment(a), 1 + b)),
    Statement("begin_correction", lambda s, c, a, b: s["payments"].begin_correction(c, payment(a, b), _uuid(3, a % 6), 10 * (1 - b % 2))),
    Statement("end", lambda s, c, a, b: s["payments"].end(c, payment(a), _uuid(3, a % 6), *END[b % 3])),
    Statement("corrections.write", lambda s, c, a, b: s["corrections"].write(c, correction(a, b), completed=b % 3 == 0)),
    Statement("corrections.by_id", lambda s, c, a, b: s["corrections"].by_id(c, SUBJECTS[a % 3], _uuid(3, a % 6))),
    Statement("corrections.of_subject", lambda s, c, a, b: s["corrections"].of_subject(c, SUBJECTS[a % 3])),
    Statement("corrections.complete", lambda s, c, a, b: s["corrections"].complete(c, correction(a, b))),
    Statement("corrections.take_due", lambda s, c, a, b: _in_any_order(s["corrections"].take_due(c, 10))),
    Statement("record", lambda s, c, a, b: s["history"].record(c, [_event(a, b), _event(b, a)])),
    Statement("history.of_subject", lambda s, c, a, b: s["history"].of_subject(c, SUBJECTS[a % 3])),
    Statement("accounts.create", lambda s, c, a, b: s["accounts"].create(
        c, account_id=NAMES[a % 3], owner_id="ann", kind=(AccountKind.CUSTOMER, AccountKind.MERCHANT)[b % 2], currency="EUR")),
    Statement("accounts.by_id", lambda s, c, a, b: s["accounts"].by_id(c, NAMES[a % 3])),
    Statement("accounts.page", lambda s, c, a, b: s["accounts"].page(c, owner_id=None, after=NAMES[a % 3], limit=b)),
    Statement("accounts.lock", lambda s, c, a, b: s["accounts"].lock(c, [NAMES[a % 3], NAMES[b % 3]])),
    Statement("post", _post),
    Statement("statement_of", lambda s, c, a, b: s["ledger"].statement_of(c, NAMES[a % 3], before=None, limit=b)),
    Statement("entry", lambda s, c, a, b: s["ledger"].entry(c, NAMES[a % 3], 1 + b % 2)),
    Statement("requests.claim", lambda s, c, a, b: s["requests"].claim(c, _key(a), {"amount": b % 2})),
    Statement("requests.store", lambda s, c, a, b: s["requests"].store(c, _key(a), {"answer": b})),
    Statement("requests.stored", lambda s, c, a, b: s["requests"].stored(c, _key(a))),
    Statement("tickets.create", lambda s, c, a, b: s["tickets"].create(
        c, subject=SUBJECTS[a % 3], caller="anyone", payer="ann", payee=None if b % 2 else "shop",
        amount=Money("EUR", 10) if b % 2 else None, ttl_s=3600.0 if a % 2 else -1.0)),
    Statement("tickets.by_subjects", lambda s, c, a, b: s["tickets"].by_subjects(c, SUBJECTS)),
    Statement("tickets.use", lambda s, c, a, b: s["tickets"].use(c, [(SUBJECTS[a % 3], _uuid(1, b))])),
    Statement("tickets.give_back", lambda s, c, a, b: s["tickets"].give_back(c, [(SUBJECTS[a % 3], _uuid(1, b))])),
]  # fmt: skip
END: list[tuple[PaymentState, StateReason | None]] = [
    (PaymentState.REVERSED, StateReason.REVERSAL_REQUESTED),
    (PaymentState.REFUNDED, None),
    (PaymentState.VOIDED, StateReason.AUTHORIZATION_VOIDED),
]
ON_ORDERS = [
    Statement("create", lambda s, c, a, b: s["orders"].create(c, _content(a, b))),
    Statement("by_ids", lambda s, c, a, b: s["orders"].by_ids(c, ["o-0", "o-1", "o-2"])),
    Statement("newest", lambda s, c, a, b: s["orders"].newest(c, Filter(status=list(Status)[a % 4]), before=None, limit=b)),
    Statement("cancel", lambda s, c, a, b: s["orders"].cancel(c, f"o-{a % 3}")),
    Statement("mark_paid", lambda s, c, a, b: s["orders"].mark_paid(c, sorted(_flips(a, b)[: 1 + a % 2]))),
    Statement("mark_refunded", lambda s, c, a, b: s["orders"].mark_refunded(c, sorted(_flips(a, b)[: 1 + a % 2]))),
]  # fmt: skip
