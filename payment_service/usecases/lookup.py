"""What is known about payments."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from payment_service.domain.corrections import Correction
from payment_service.domain.history import Event
from payment_service.domain.payments import Lookup, LookupOutcome, Payment, PaymentFilter, Subject, order_of, refusal
from payment_service.domain.tickets import Ticket, TicketStatus
from payment_service.storage import claims, corrections, history, payments, tickets
from shared.database import Connection, Database
from shared.errors import Reason


@dataclass(frozen=True, slots=True)
class Explanation:
    """Every attempt for a subject, what happened to each, and what was taken back."""

    attempts: list[Payment]
    events: list[Event]
    corrections: list[Correction]


class Lookups:
    """Reads of payments."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, payment_id: UUID) -> Payment:
        """One payment. Raises PAYMENT_NOT_FOUND."""
        found = await self._database.read(lambda connection: payments.by_id(connection, payment_id))
        if found is None:
            raise refusal(Reason.PAYMENT_NOT_FOUND, payment_id=payment_id)
        return found

    async def newest(self, wanted: PaymentFilter, *, before: UUID | None, limit: int) -> Sequence[Payment]:
        """One page of payments, newest first."""
        return await self._database.read(
            lambda connection: payments.newest(connection, wanted, before=before, limit=limit)
        )

    async def by_subject(self, named: Subject | UUID) -> Lookup:
        """The subject's payment, the attempt under way, or the latest that was declined. Raises TICKET_NOT_FOUND."""
        subject = await self._subject(named)

        async def work(connection: Connection) -> Lookup:
            ticket = await _ticket(connection, subject)
            # The lock first: an attempt that commits between the two reads is then found by the second.
            held = await claims.is_held(connection, subject)
            found = (await payments.by_subjects(connection, [subject])).get(subject)
            if found is not None:
                return Lookup(LookupOutcome(found.state), found)
            if held:
                return Lookup(LookupOutcome.IN_PROGRESS, None)
            declined = await payments.latest_declined(connection, subject)
            expired = ticket is not None and ticket.status == TicketStatus.EXPIRED
            return Lookup(LookupOutcome.DECLINED if declined else LookupOutcome.NOT_SEEN, declined, expired)

        return await self._database.read(work)

    async def explain(self, named: Subject | UUID) -> Explanation:
        """Everything about a subject, or about that of a payment. Raises TICKET_NOT_FOUND, PAYMENT_NOT_FOUND."""
        subject = await self._subject(named)

        async def work(connection: Connection) -> Explanation:
            await _ticket(connection, subject)
            # The attempts last: one that commits between the reads is then among them, with its history or without.
            taken_back = await corrections.of_subject(connection, subject)
            events = await history.of_subject(connection, subject)
            return Explanation(await payments.attempts_of(connection, subject), events, taken_back)

        return await self._database.read(work)

    async def _subject(self, named: Subject | UUID) -> Subject:
        return (await self.get(named)).subject if isinstance(named, UUID) else named


async def _ticket(connection: Connection, subject: Subject) -> Ticket | None:
    """The ticket that the subject is; None when it is an order."""
    if order_of(subject):
        return None
    found = (await tickets.by_subjects(connection, [subject])).get(subject)
    if found is None:
        raise refusal(Reason.TICKET_NOT_FOUND)
    return found
