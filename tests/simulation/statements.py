"""Statements to compare: functions of the storage rooms, with arguments out of a small pool that two numbers choose."""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, TypeAlias

from order_service.domain.orders import Filter, Flip, OrderContent
from order_service.domain.orders import OrderStatus as Status
from payment_service.domain.charges import Attempt
from payment_service.domain.corrections import Correction, CorrectionKind
from payment_service.domain.history import Event, EventKind
from payment_service.domain.ledger import AccountKind, Transfer, TransferKind, plan
from payment_service.domain.payments import Payment, PaymentFilter, PaymentState, Side, StateReason, Subject
from payment_service.domain.requests import RequestKey
from shared.callers import DEVELOPER
from shared.money import Money
from simulation.tables import BEGINNING

NAMES = ("ann", "bob", "shop")
SUBJECTS = [Subject(name) for name in ("order:a", "order:b", "ticket:t")]
MERCHANTS = ("shop", "stall", None)
OWNED = [(side, owner) for side in Side for owner in NAMES[:2]]
DAY = timedelta(days=1)
Storage: TypeAlias = dict[str, Any]  # a module of the storage rooms by its name
Calls: TypeAlias = dict[str, Callable[[], Any]]
Table: TypeAlias = Callable[[Storage, Any, int, int], Calls]


def _uuid(kind: int, number: int) -> uuid.UUID:
    return uuid.UUID(int=kind << 64 | number + 1)


def attempt(number: int) -> Attempt:
    """Two attempts a subject; the second one for an order is an authorization, and that of b is over at once."""
    subject, second = SUBJECTS[number % 3], number // 3 % 2 == 1
    hold = (DAY if number % 3 == 0 else -DAY) if second and number % 3 < 2 else None
    amount = Money("EUR", 10)
    return Attempt(subject, "ann", "shop", amount, DEVELOPER, (), hold, _uuid(1, number % 6), _uuid(2, number % 6))


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
    return RequestKey(("anyone", "back")[number // 2 % 2], "Deposit", f"request-{number % 2}")


def _content(number: int, other: int) -> OrderContent:
    return OrderContent(
        f"o-{number % 3}", "ann", "ann", "shop", Money("EUR", 10 + other % 2), "", MERCHANTS[number % 3]
    )


def _among(number: int) -> Filter:
    """Anybody's, or a customer's, or a merchant's."""
    return (Filter(), Filter(customer_id="ann"), Filter(customer_id="bob"), Filter(merchant_id="shop"))[number % 4]


def _flips(number: int, other: int) -> list[Flip]:
    return [Flip(f"o-{number % 3}", _uuid(1, other % 2)), Flip(f"o-{(number + 1) % 3}", _uuid(1, other % 2))]


END: list[tuple[PaymentState, StateReason | None]] = [
    (PaymentState.REVERSED, StateReason.REVERSAL_REQUESTED),
    (PaymentState.REFUNDED, None),
    (PaymentState.VOIDED, StateReason.AUTHORIZATION_VOIDED),
]


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


def on_payments(s: Storage, c: Any, a: int, b: int) -> Calls:
    """Every statement of payment_service, on a connection, by the storage rooms given."""
    return {
        "claim": lambda: s["claims"].claim(c, [attempt(a % 3), attempt(3 + (a + 1 + b % 2) % 3)][: 1 + b % 2]),
        "claim_authorized": lambda: s["claims"].claim(c, [attempt(3 + a % 2)]),
        "unclaim": lambda: s["claims"].unclaim(c, [attempt(a)]),
        "record_declined": lambda: s["claims"].record_declined(c, [attempt(a)]),
        "tombstone": lambda: s["claims"].tombstone(c, attempt(a), _uuid(3, a % 6)),
        "is_held": lambda: s["claims"].is_held(c, SUBJECTS[a % 3]),
        "by_subjects": lambda: s["payments"].by_subjects(c, SUBJECTS),
        "attempts_of": lambda: s["payments"].attempts_of(c, SUBJECTS[a % 3]),
        "of_orders": lambda: s["payments"].of_orders(c, ("", "order:a", "order:b")[a % 3], b),
        "latest_declined": lambda: s["payments"].latest_declined(c, SUBJECTS[a % 3]),
        "by_id": lambda: s["payments"].by_id(c, _uuid(1, a % 6)),
        "newest": lambda: s["payments"].newest(c, PaymentFilter(), before=None, limit=b),
        "newest_of": lambda: s["payments"].newest(c, PaymentFilter(owned=OWNED[a % 4]), before=None, limit=b),
        "by_keys_alone": lambda: s["payments"].by_keys_alone(c),
        "confirm": lambda: s["payments"].confirm(c, [(payment(i).subject, payment(i).payment_id) for i in {a, b}]),
        "take_due": lambda: _in_any_order(s["payments"].take_due(c, 10)),
        "hold_unconfirmed": lambda: s["payments"].hold_unconfirmed(c, payment(a)),
        "forget_unconfirmed": lambda: s["payments"].forget_unconfirmed(c, payment(a)),
        "capture": lambda: s["payments"].capture(c, payment(3 + a % 2), 1 + b),
        "expired": lambda: s["payments"].expired(c, 5),
        "refund_part": lambda: s["payments"].refund_part(c, payment(a), 1 + b),
        "begin_correction": lambda: s["payments"].begin_correction(c, payment(a, b), _uuid(3, a % 6), 10 * (1 - b % 2)),
        "end": lambda: s["payments"].end(c, payment(a), _uuid(3, a % 6), *END[b % 3]),
        "corrections.write": lambda: s["corrections"].write(c, correction(a, b), completed=b % 3 == 0),
        "corrections.by_id": lambda: s["corrections"].by_id(c, SUBJECTS[a % 3], _uuid(3, a % 6)),
        "corrections.of_subject": lambda: s["corrections"].of_subject(c, SUBJECTS[a % 3]),
        "corrections.complete": lambda: s["corrections"].complete(c, correction(a, b)),
        "corrections.take_due": lambda: _in_any_order(s["corrections"].take_due(c, 10)),
        "record": lambda: s["history"].record(c, [_event(a, b), _event(b, a)]),
        "history.of_subject": lambda: s["history"].of_subject(c, SUBJECTS[a % 3]),
        "accounts.create": lambda: s["accounts"].create(
            c,
            account_id=NAMES[a % 3],
            owner_id=NAMES[a % 2],
            kind=(AccountKind.CUSTOMER, AccountKind.MERCHANT)[b % 2],
            currency="EUR",
        ),
        "accounts.by_id": lambda: s["accounts"].by_id(c, NAMES[a % 3]),
        "accounts.owners": lambda: s["accounts"].owners(c, [NAMES[a % 3], NAMES[b % 3]]),
        "accounts.page": lambda: s["accounts"].page(c, owner_id=None, after=NAMES[a % 3], limit=b),
        "accounts.lock": lambda: s["accounts"].lock(c, [NAMES[a % 3], NAMES[b % 3]]),
        "post": lambda: _post(s, c, a, b),
        "statement_of": lambda: s["ledger"].statement_of(c, NAMES[a % 3], before=None, limit=b),
        "entry": lambda: s["ledger"].entry(c, NAMES[a % 3], 1 + b % 2),
        "requests.claim": lambda: s["requests"].claim(c, _key(a), {"amount": b % 2}),
        "requests.by_anyone": lambda: s["requests"].by_anyone(c, _key(a), {"amount": b % 2}),
        "requests.store": lambda: s["requests"].store(c, _key(a), {"answer": b}),
        "requests.stored": lambda: s["requests"].stored(c, _key(a)),
        "tickets.create": lambda: s["tickets"].create(
            c,
            subject=SUBJECTS[a % 3],
            caller="anyone",
            payer="ann",
            payee=None if b % 2 else "shop",
            amount=Money("EUR", 10) if b % 2 else None,
            ttl_s=3600.0 if a % 2 else -1.0,
        ),
        "tickets.by_subjects": lambda: s["tickets"].by_subjects(c, SUBJECTS),
        "tickets.use": lambda: s["tickets"].use(c, [(SUBJECTS[a % 3], _uuid(1, b))]),
        "tickets.give_back": lambda: s["tickets"].give_back(c, [(SUBJECTS[a % 3], _uuid(1, b))]),
    }


def on_orders(s: Storage, c: Any, a: int, b: int) -> Calls:
    """The same of order_service."""
    return {
        "create": lambda: s["orders"].create(c, _content(a, b)),
        "by_ids": lambda: s["orders"].by_ids(c, ["o-0", "o-1", "o-2"]),
        "newest": lambda: s["orders"].newest(c, Filter(status=list(Status)[a % 4]), before=None, limit=b),
        "newest_of": lambda: s["orders"].newest(c, _among(b), before=None, limit=3),
        "cancel": lambda: s["orders"].cancel(c, f"o-{a % 3}", _among(b)),
        "mark_paid": lambda: s["orders"].mark_paid(c, sorted(_flips(a, b)[: 1 + a % 2])),
        "mark_refunded": lambda: s["orders"].mark_refunded(c, sorted(_flips(a, b)[: 1 + a % 2])),
    }
