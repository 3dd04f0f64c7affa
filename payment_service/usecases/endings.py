"""ReversePayment and VoidAuthorization: a payment is ended as a whole, or forbidden before it came."""

from dataclasses import dataclass
from uuid import UUID

from payment_service.clients.orders import OrdersClient
from payment_service.domain.charges import REFUSED_BECAUSE, Attempt, OrderStatus
from payment_service.domain.corrections import Correction, CorrectionKind, begun, no_charge, whole
from payment_service.domain.payments import (
    Payment,
    PaymentState,
    StateReason,
    Subject,
    order_of,
    refusal,
)
from payment_service.storage import accounts, claims, corrections, history, payments, tickets
from payment_service.usecases.ownership import theirs
from payment_service.usecases.take_back import TakeBack, begin
from shared.callers import Caller
from shared.database import Connection, Database
from shared.errors import PayonceError, Reason, contended
from shared.ids import new_id
from shared.money import Money

TRIES = 5


@dataclass(frozen=True, slots=True)
class Why:
    """Who asked, what for, and what he said."""

    caller: Caller
    state_reason: StateReason
    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """The correction that ends a payment; `before` when it was begun by an earlier request."""

    correction: Correction
    before: bool


class Endings:
    """Each is idempotent by the payment: `payments.correction_id` lets one correction end it, whoever asks."""

    def __init__(self, database: Database, orders: OrdersClient, take_back: TakeBack) -> None:
        self._database = database
        self._orders = orders
        self._take_back = take_back

    async def reverse(self, named: Subject | UUID, why: Why) -> tuple[Payment, bool]:
        """The payment of the subject, or of that id, REVERSED or VOIDED, and whether it was so before.

        Raises ORDER_NOT_FOUND, TICKET_NOT_FOUND, PAYMENT_NOT_FOUND, PAYMENT_REFUNDED, PAYMENT_DECLINED,
        ORDER_ALREADY_PAID, ORDER_REFUNDED, ORDER_SERVICE_UNAVAILABLE.
        """
        subject = await self._subject(named, why.caller)
        for _ in range(TRIES):
            payment = await self._live(subject)
            taken = await (self._take_in_hand(payment, why) if payment else self._forbid(subject, why))
            if taken:
                ended = await self._end(taken, why)
                if ended.state == PaymentState.REFUNDED:
                    raise no_charge(ended)
                return ended, taken.before
        raise contended()

    async def void(self, payment_id: UUID, why: Why) -> tuple[Payment, bool]:
        """The authorization, VOIDED, and whether it was so before.

        Raises PAYMENT_NOT_FOUND, PAYMENT_CAPTURED, PAYMENT_DECLINED, PAYMENT_REVERSED, PAYMENT_REFUNDED,
        ORDER_SERVICE_UNAVAILABLE.
        """
        for _ in range(TRIES):
            payment = await self._get(payment_id, why.caller)
            if payment.state == PaymentState.SUCCEEDED:
                raise refusal(Reason.PAYMENT_CAPTURED, payment_id=payment_id)
            if payment.state not in (PaymentState.AUTHORIZED, PaymentState.VOIDED):
                raise no_charge(payment)
            if taken := await self._take_in_hand(payment, why):
                return await self._end(taken, why), taken.before
        raise contended()

    async def _take_in_hand(self, payment: Payment, why: Why) -> Taken | None:
        """Begin to end the payment, or find who began before; None when it changed meanwhile."""
        own = new_id()

        async def work(connection: Connection) -> Taken | None:
            if payment.correction_id is not None:
                return Taken(await corrections.by_id(connection, payment.subject, payment.correction_id), before=True)
            mine = await begin(connection, payment, whole(payment, own, why.state_reason, why.caller.name, why.reason))
            return Taken(mine, before=False) if mine else await _own(connection, payment.subject, own)

        return await self._database.transact(work, name="begin_ending")

    async def _forbid(self, subject: Subject, why: Why) -> Taken | None:
        """A tombstone, so that a payment that comes late is refused. None when a payment came first."""
        attempt = await (self._late_order(subject, why) if order_of(subject) else self._late_ticket(subject, why))
        if attempt is None:
            return None
        correction = Correction(
            new_id(), subject, attempt.payment_id, CorrectionKind.VOID, Money(attempt.amount.currency, 0),
            why.state_reason, why.reason, why.caller.name,
        )  # fmt: skip

        async def work(connection: Connection) -> Taken | None:
            if not await claims.tombstone(connection, attempt, correction.correction_id):
                return await _own(connection, subject, correction.correction_id)
            written = await corrections.write(connection, correction, completed=False)
            await history.record(connection, [begun(correction)])
            return Taken(written, before=False)

        return await self._database.transact(work, name="tombstone")

    async def _end(self, taken: Taken, why: Why) -> Payment:
        """The payment, once its correction is carried out."""
        correction = taken.correction
        if correction.completed_at is None:
            end = (await self._take_back.carry_out([correction], why.caller.name))[correction.correction_id]
            if isinstance(end, PayonceError):
                raise end
        return await self._get(correction.payment_id, why.caller)

    async def _late_order(self, subject: Subject, why: Why) -> Attempt | None:
        """What a payment of the order would have been; None when there is one by now."""
        order = (await self._orders.batch_get([order_of(subject)])).get(order_of(subject))
        if order is None:
            raise refusal(Reason.ORDER_NOT_FOUND, order_id=order_of(subject))
        if order.status in (OrderStatus.PAID, OrderStatus.REFUNDED):
            if await self._live(subject):
                return None  # it came, and was confirmed, between our two reads
            raise refusal(REFUSED_BECAUSE[order.status], order_id=order.order_id)  # by a payment that is not ours
        return _late(subject, order.payer_account_id, order.payee_account_id, order.amount, why)

    async def _late_ticket(self, subject: Subject, why: Why) -> Attempt:
        """What a payment with the ticket would have been, as far as the ticket tells."""

        async def work(connection: Connection) -> Attempt:
            ticket = (await tickets.by_subjects(connection, [subject])).get(subject)
            if ticket is None:
                raise refusal(Reason.TICKET_NOT_FOUND)
            payer = await accounts.by_id(connection, ticket.payer_account_id)
            open_amount = Money(payer.balance.currency if payer else "XXX", 0)
            amount = ticket.amount or open_amount
            return _late(subject, ticket.payer_account_id, ticket.payee_account_id or "", amount, why)

        return await self._database.read(work)

    async def _subject(self, named: Subject | UUID, caller: Caller) -> Subject:
        if not isinstance(named, UUID):
            return named
        payment = await self._get(named, caller)
        if payment.state == PaymentState.DECLINED:
            raise no_charge(payment)
        return payment.subject

    async def _live(self, subject: Subject) -> Payment | None:
        return (await self._database.read(lambda c: payments.by_subjects(c, [subject]))).get(subject)

    async def _get(self, payment_id: UUID, caller: Caller) -> Payment:
        found = await self._database.read(lambda c: payments.by_id(c, payment_id))
        (payment,) = await theirs(self._database, [(caller, found)])
        if payment is None:
            raise refusal(Reason.PAYMENT_NOT_FOUND, payment_id=payment_id)
        return payment


async def _own(connection: Connection, subject: Subject, correction_id: UUID) -> Taken | None:
    """Our own correction, begun by this transaction before: it is run again after a commit whose answer was lost."""
    found = (await payments.by_subjects(connection, [subject])).get(subject)
    if found is None or found.correction_id != correction_id:
        return None
    return Taken(await corrections.by_id(connection, subject, correction_id), before=False)


def _late(subject: Subject, payer: str, payee: str, amount: Money, why: Why) -> Attempt:
    return Attempt(subject, payer, payee, amount, why.caller, (), None, new_id(), new_id())
