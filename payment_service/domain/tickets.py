"""Tickets: one-time rights to pay. Only a ticket's hash is kept, so that a copy of the database pays nothing."""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from payment_service.domain.payments import TICKET, Payment, Subject, refusal
from shared.callers import Caller
from shared.errors import PayonceError, Reason
from shared.money import Money


class TicketStatus(StrEnum):
    """UNUSED → USED | EXPIRED, both final."""

    UNUSED = "unused"
    USED = "used"
    EXPIRED = "expired"


class Ticket(NamedTuple):
    """What a ticket is for. Payee and amount are open when None. Times are the database's, in UTC."""

    subject: Subject
    caller: str
    payer_account_id: str
    payee_account_id: str | None
    amount: Money | None
    status: TicketStatus
    payment_id: UUID | None
    created_at: datetime
    expires_at: datetime


class PayWithTicket(NamedTuple):
    """The command. `subject` is the ticket's, so that the ticket itself goes no further than the edge."""

    subject: Subject
    caller: Caller
    payee_account_id: str
    amount: Money


def ticket_subject(ticket: str) -> Subject:
    """The subject that a ticket is: its hash. 128 random bits need no salt."""
    return Subject(TICKET + hashlib.sha256(ticket.encode()).hexdigest())


def check_made_for(command: PayWithTicket, ticket: Ticket) -> PayonceError | None:
    """Refuse what the ticket was not made for."""
    return _mismatch(
        payee_account_id=ticket.payee_account_id in (None, command.payee_account_id),
        amount=ticket.amount in (None, command.amount),
    )


def check_used_for(command: PayWithTicket, payment: Payment) -> PayonceError | None:
    """Refuse what the ticket was not used for."""
    return _mismatch(
        payee_account_id=payment.payee_account_id in ("", command.payee_account_id),
        amount=payment.amount.minor_units == 0 or payment.amount == command.amount,
    )


def _mismatch(**agrees: bool) -> PayonceError | None:
    fields = [name for name, agreed in agrees.items() if not agreed]
    return refusal(Reason.TICKET_MISMATCH, fields=",".join(fields)) if fields else None
