"""What is known about payments."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from payment_service.clients.orders import OrdersClient, unavailable
from payment_service.domain.corrections import Correction
from payment_service.domain.history import Event
from payment_service.domain.ownership import is_theirs, may_use, narrowed
from payment_service.domain.payments import Lookup, LookupOutcome, Payment, PaymentFilter, Subject, order_of, refusal
from payment_service.domain.tickets import Ticket, TicketStatus
from payment_service.storage import claims, corrections, history, payments, tickets
from payment_service.usecases.ownership import theirs, there
from shared.callers import Caller, Scope
from shared.database import Connection, Database
from shared.errors import PayonceError, Reason


@dataclass(frozen=True, slots=True)
class Explanation:
    """Every attempt for a subject, what happened to each, and what was taken back."""

    attempts: list[Payment]
    events: list[Event]
    corrections: list[Correction]


class Lookups:
    """Reads of payments."""

    def __init__(self, database: Database, orders: OrdersClient) -> None:
        self._database = database
        self._orders = orders

    async def get(self, payment_id: UUID, caller: Caller) -> Payment:
        """One payment. Raises PAYMENT_NOT_FOUND."""
        found = await self._database.read(lambda connection: payments.by_id(connection, payment_id))
        (payment,) = await theirs(self._database, [(caller, found)])
        if payment is None:
            raise refusal(Reason.PAYMENT_NOT_FOUND, payment_id=payment_id)
        return payment

    async def newest(
        self, wanted: PaymentFilter, caller: Caller, *, before: UUID | None, limit: int
    ) -> Sequence[Payment]:
        """One page of the payments that exist for the caller, newest first."""
        own = narrowed(wanted, caller)
        return await self._database.read(
            lambda connection: payments.newest(connection, own, before=before, limit=limit)
        )

    async def by_subject(self, subject: Subject, caller: Caller) -> Lookup:
        """The subject's payment, the attempt under way, or the latest that was declined. To others it is NOT_SEEN.

        Raises TICKET_NOT_FOUND; ORDER_SERVICE_UNAVAILABLE when whose attempt is under way can't be told.
        """
        lookup = await self._database.read(lambda connection: _look_up(connection, subject, caller))
        if lookup.outcome == LookupOutcome.IN_PROGRESS and not await self._is_theirs(caller, subject):
            return Lookup(LookupOutcome.NOT_SEEN, None)
        return lookup

    async def explain(self, named: Subject | UUID, caller: Caller) -> Explanation:
        """Everything about a subject, or about that of a payment. Raises TICKET_NOT_FOUND, PAYMENT_NOT_FOUND.

        For callers who may see anything: an order's attempts and who decided what are not told apart here.
        """
        subject = (await self.get(named, caller)).subject if isinstance(named, UUID) else named

        async def work(connection: Connection) -> Explanation:
            await _ticket(connection, subject, caller)
            # The attempts last: one that commits between the reads is then among them, with its history or without.
            taken_back = await corrections.of_subject(connection, subject)
            events = await history.of_subject(connection, subject)
            return Explanation(await payments.attempts_of(connection, subject), events, taken_back)

        return await self._database.read(work)

    async def _is_theirs(self, caller: Caller, subject: Subject) -> bool:
        """Of an attempt that nobody sees yet: whether it is the caller's, as its order says; a ticket was looked at."""
        if caller.scope is Scope.ANY or not order_of(subject):
            return True
        try:
            orders = await self._orders.batch_get([order_of(subject)])
        except PayonceError:
            raise unavailable("ask again") from None
        return await theirs(self._database, [(caller, orders.get(order_of(subject)))]) != [None]


async def _look_up(connection: Connection, subject: Subject, caller: Caller) -> Lookup:
    ticket = await _ticket(connection, subject, caller)
    # The lock first: an attempt that commits between the two reads is then found by the second.
    held = await claims.is_held(connection, subject)
    found = (await payments.by_subjects(connection, [subject])).get(subject)
    if found is not None:
        if await there(connection, caller, found, may_use if ticket else is_theirs):
            return Lookup(LookupOutcome(found.state), found)
        if ticket:
            raise refusal(Reason.TICKET_NOT_FOUND)  # open, and used by somebody else
        return Lookup(LookupOutcome.NOT_SEEN, None)
    if held:
        return Lookup(LookupOutcome.IN_PROGRESS, None)
    declined = await there(connection, caller, await payments.latest_declined(connection, subject))
    expired = ticket is not None and ticket.status == TicketStatus.EXPIRED
    return Lookup(LookupOutcome.DECLINED if declined else LookupOutcome.NOT_SEEN, declined, expired)


async def _ticket(connection: Connection, subject: Subject, caller: Caller) -> Ticket | None:
    """The ticket that the subject is; None when it is an order."""
    if order_of(subject):
        return None
    found = (await tickets.by_subjects(connection, [subject])).get(subject)
    ticket = await there(connection, caller, found, may_use)
    if ticket is None:
        raise refusal(Reason.TICKET_NOT_FOUND)
    return ticket
