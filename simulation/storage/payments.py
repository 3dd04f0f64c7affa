"""payment_service.storage.payments."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from payment_service.domain.history import COMPLETER, EventKind
from payment_service.domain.payments import ORDER, Payment, PaymentFilter, PaymentState, Side, StateReason, Subject
from shared.money import Money
from simulation.database import statement
from simulation.storage.history import line
from simulation.tables import Transaction, Values


@statement
async def by_subjects(t: Transaction, subjects: Sequence[Subject]) -> dict[Subject, Payment]:
    wanted = set(subjects)
    rows = [row for row in t.rows("payments") if row["subject"] in wanted and row["state"] != "declined"]
    return {row["subject"]: payment_of(t, row) for row in rows}


@statement
async def of_orders(t: Transaction, after: str, limit: int) -> list[Payment]:
    first, last = after or ORDER, ORDER.replace(":", ";")
    rows = [row for row in t.rows("payments") if first < row["subject"] < last and row["state"] != "declined"]
    return [payment_of(t, row) for row in sorted(rows, key=lambda row: str(row["subject"]))[:limit]]


@statement
async def attempts_of(t: Transaction, subject: Subject) -> list[Payment]:
    rows = [row for row in t.rows("payments") if row["subject"] == subject]
    return [payment_of(t, row) for row in sorted(rows, key=_id)]


@statement
async def latest_declined(t: Transaction, subject: Subject) -> Payment | None:
    rows = [row for row in t.rows("payments") if row["subject"] == subject and row["state"] == "declined"]
    return payment_of(t, max(rows, key=_id)) if rows else None


@statement
async def by_id(t: Transaction, payment_id: UUID) -> Payment | None:
    return next((payment_of(t, row) for row in t.rows("payments") if row["payment_id"] == payment_id), None)


@statement
async def newest(t: Transaction, wanted: PaymentFilter, *, before: UUID | None, limit: int) -> list[Payment]:
    asked = {name: value for name, value in wanted._asdict().items() if value is not None and name != "owned"}
    rows = [
        row
        for row in t.rows("payments")
        if all(row[name] == value for name, value in asked.items())
        and (before is None or row["payment_id"] < before)
        and (wanted.owned is None or _is_of(t, row, *wanted.owned))
    ]
    return [payment_of(t, row) for row in sorted(rows, key=_id, reverse=True)[:limit]]


def _is_of(t: Transaction, row: Values, side: Side, owner_id: str) -> bool:
    account = t.get("accounts", row[side])
    return account is not None and account["owner_id"] == owner_id


@statement
async def by_keys_alone(_: Transaction) -> None:
    """There is no planner here."""


@statement
async def confirm(t: Transaction, flips: Sequence[tuple[Subject, UUID]]) -> None:
    for subject, payment_id in sorted(flips):
        if t.get("unconfirmed", payment_id, subject) is None or not t.is_free("unconfirmed", payment_id, subject):
            continue  # SKIP LOCKED
        await t.lock("unconfirmed", payment_id, subject)
        t.write("unconfirmed", None, payment_id, subject)
        payment = t.get("payments", payment_id, subject)
        if payment:
            minor = payment["captured_minor"]
            await line(t, subject, payment_id, EventKind.CONFIRMED, actor=COMPLETER, reason=None, minor=minor)


@statement
async def take_due(t: Transaction, limit: int) -> list[Payment]:
    due = [row for row in t.rows("unconfirmed") if row["check_at"] <= t.now]
    found: list[Payment | None] = []
    for row in sorted(due, key=lambda row: row["check_at"]):
        key = (row["payment_id"], row["subject"])
        if len(found) == limit or not t.is_free("unconfirmed", *key):
            continue
        await t.lock("unconfirmed", *key)
        payment = t.get("payments", *key)
        found.append(payment_of(t, payment, unconfirmed=True) if payment else None)
        t.write("unconfirmed", leased(t, row), *key)
    return [payment for payment in found if payment]


def leased(t: Transaction, row: Values) -> Values:
    """The row with its turn moved: the wait doubles up to 4 s."""
    wait = timedelta(seconds=2 ** min(row["checks"], 2))
    return {**row, "check_at": t.now + wait, "checks": row["checks"] + 1}


@statement
async def hold_unconfirmed(t: Transaction, payment: Payment) -> bool:
    key = (payment.payment_id, payment.subject)
    return t.get("unconfirmed", *key) is not None and await t.lock("unconfirmed", *key) is not None


@statement
async def forget_unconfirmed(t: Transaction, payment: Payment) -> None:
    key = (payment.payment_id, payment.subject)
    if t.get("unconfirmed", *key) and await t.lock("unconfirmed", *key):
        t.write("unconfirmed", None, *key)


@statement
async def capture(t: Transaction, payment: Payment, captured_minor: int) -> Payment | None:
    def fits(row: Values) -> bool:
        return row["state"] == "authorized" and row["correction_id"] is None and row["expires_at"] > t.now

    change = {"state": "succeeded", "captured_minor": captured_minor}
    captured = await _update(t, payment, fits, lambda _: change)
    if captured:
        await note_unconfirmed(t, payment.subject, payment.payment_id)
        return captured._replace(unconfirmed=True)
    return None


@statement
async def expired(t: Transaction, limit: int) -> list[Payment]:
    rows = [
        row
        for row in t.rows("payments")
        if row["state"] == "authorized" and row["correction_id"] is None and row["expires_at"] <= t.now
    ]
    return [payment_of(t, row) for row in sorted(rows, key=lambda row: row["expires_at"])[:limit]]


@statement
async def refund_part(t: Transaction, payment: Payment, amount_minor: int) -> Payment | None:
    def fits(row: Values) -> bool:
        open_ = row["state"] == "succeeded" and row["correction_id"] is None
        return bool(open_ and row["refunded_minor"] + amount_minor < row["captured_minor"])

    return await _update(t, payment, fits, lambda row: {"refunded_minor": row["refunded_minor"] + amount_minor})


@statement
async def begin_correction(t: Transaction, payment: Payment, correction_id: UUID, amount_minor: int) -> Payment | None:
    def fits(row: Values) -> bool:
        left = row["captured_minor"] - row["refunded_minor"]
        return bool(row["state"] == payment.state and row["correction_id"] is None and left == amount_minor)

    return await _update(t, payment, fits, lambda _: {"correction_id": correction_id})


@statement
async def end(
    t: Transaction, payment: Payment, correction_id: UUID, state: PaymentState, reason: StateReason | None
) -> Payment | None:
    def fits(row: Values) -> bool:
        return row["state"] in ("authorized", "succeeded") and row["correction_id"] == correction_id

    def change(row: Values) -> Values:
        return {
            "state": str(state),
            "state_reason": str(reason) if reason else None,
            "refunded_minor": row["captured_minor"] if state == PaymentState.REFUNDED else row["refunded_minor"],
            "reversed_at": t.now if state == PaymentState.REVERSED else None,
            "refunded_at": t.now if state == PaymentState.REFUNDED else None,
        }

    return await _update(t, payment, fits, change)


async def note_unconfirmed(t: Transaction, subject: Subject, payment_id: UUID) -> None:
    """A row of `unconfirmed`."""
    check_at = t.now + timedelta(seconds=2)
    row = {"subject": subject, "payment_id": payment_id, "check_at": check_at, "checks": 0}
    await t.insert("unconfirmed", row)


async def _update(
    t: Transaction, payment: Payment, fits: Callable[[Values], bool], change: Callable[[Values], Values]
) -> Payment | None:
    """One conditional UPDATE … RETURNING: the condition is looked at before the wait for the lock, and after it."""
    key = (payment.payment_id, payment.subject)
    row = t.get("payments", *key)
    if row is None or not fits(row):
        return None
    unconfirmed = t.get("unconfirmed", *key) is not None  # by the snapshot of the statement
    row = await t.lock("payments", *key)
    if row is None or not fits(row):
        return None
    new = {**row, **change(row)}
    t.write("payments", new, *key)
    return payment_of(t, new, unconfirmed=unconfirmed)


def _id(row: Values) -> Any:
    return row["payment_id"]


def payment_of(t: Transaction, row: Values, *, unconfirmed: bool | None = None) -> Payment:
    """The domain's value of a row."""
    if unconfirmed is None:
        unconfirmed = t.get("unconfirmed", row["payment_id"], row["subject"]) is not None
    reason = row["state_reason"]
    return Payment(
        payment_id=row["payment_id"],
        subject=row["subject"],
        payer_account_id=row["payer_account_id"],
        payee_account_id=row["payee_account_id"],
        amount=Money(row["currency"], row["amount_minor"]),
        captured_minor=row["captured_minor"],
        refunded_minor=row["refunded_minor"],
        state=PaymentState(row["state"]),
        state_reason=StateReason(reason) if reason else None,
        correction_id=row["correction_id"],
        created_at=row["created_at"],
        reversed_at=row["reversed_at"],
        refunded_at=row["refunded_at"],
        expires_at=row["expires_at"],
        unconfirmed=unconfirmed,
    )
