"""A payment's history: a line for each thing that became true, never changed."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from payment_service.domain.payments import Subject

# Who finished what was left unfinished, when nobody asked.
COMPLETER = "completer"


class EventKind(StrEnum):
    """What happened."""

    CHARGED = "charged"
    DECLINED = "declined"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    CONFIRMED = "confirmed"
    REVERSAL_BEGUN = "reversal_begun"
    REVERSED = "reversed"
    REFUND_BEGUN = "refund_begun"
    REFUNDED = "refunded"
    VOID_BEGUN = "void_begun"
    VOIDED = "voided"


class Event(NamedTuple):
    """One line. `created_at` is the database's, and None before it is written."""

    subject: Subject
    payment_id: UUID
    kind: EventKind
    actor: str
    reason: str
    amount_minor: int
    created_at: datetime | None = None
