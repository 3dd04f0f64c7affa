"""payment_service.storage.tickets."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from payment_service.domain.payments import Subject
from payment_service.domain.tickets import Ticket, TicketStatus
from shared.money import Money
from simulation.database import statement
from simulation.tables import Transaction, Values


@statement
async def create(
    t: Transaction,
    *,
    subject: Subject,
    caller: str,
    payer: str,
    payee: str | None,
    amount: Money | None,
    ttl_s: float,
) -> Ticket | None:
    row: Values = {
        "subject": subject,
        "caller": caller,
        "payer_account_id": payer,
        "payee_account_id": payee,
        "currency": amount.currency if amount else None,
        "amount_minor": amount.minor_units if amount else None,
        "status": "unused",
        "payment_id": None,
        "created_at": t.now,
        "expires_at": t.now + timedelta(seconds=ttl_s),
    }
    return _ticket(row) if await t.insert("tickets", row, on_conflict_nothing=True) else None


@statement
async def by_subjects(t: Transaction, subjects: Sequence[Subject]) -> dict[Subject, Ticket]:
    return {subject: _ticket(row) for subject in subjects if (row := t.get("tickets", subject))}


@statement
async def use(t: Transaction, pairs: Sequence[tuple[Subject, UUID]]) -> set[UUID]:
    used = set()
    unused = [pair for pair in pairs if _is_unused(t.get("tickets", pair[0]))]
    for subject, payment_id in unused:
        row = await t.lock("tickets", subject)
        if row is None or not _is_unused(row):
            continue
        if row["expires_at"] > t.now:
            t.write("tickets", {**row, "status": "used", "payment_id": payment_id}, subject)
            used.add(payment_id)
        else:
            t.write("tickets", {**row, "status": "expired"}, subject)
    return used


@statement
async def give_back(t: Transaction, pairs: Sequence[tuple[Subject, UUID]]) -> None:
    for subject, payment_id in pairs:
        row = t.get("tickets", subject)
        if row and row["payment_id"] == payment_id and await t.lock("tickets", subject):
            t.write("tickets", {**row, "status": "unused", "payment_id": None}, subject)


def _is_unused(row: Values | None) -> bool:
    return row is not None and row["status"] == "unused"


def _ticket(row: Values) -> Ticket:
    return Ticket(
        subject=row["subject"],
        caller=row["caller"],
        payer_account_id=row["payer_account_id"],
        payee_account_id=row["payee_account_id"],
        amount=Money(row["currency"], row["amount_minor"]) if row["currency"] else None,
        status=TicketStatus(row["status"]),
        payment_id=row["payment_id"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )
