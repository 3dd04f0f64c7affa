"""The way back: an intent row, then the order, then the money (DESIGN section 1).

The order is final before its money moves, so a flip that was sent long ago and arrives late is refused.
"""

from collections.abc import Sequence
from uuid import UUID

import structlog

from payment_service.clients.orders import OrdersClient, unavailable
from payment_service.domain.charges import Verdict
from payment_service.domain.corrections import STATE_AFTER, Correction, begun, done, movement, whole
from payment_service.domain.history import COMPLETER
from payment_service.domain.payments import Payment, StateReason, order_of
from payment_service.storage import corrections, history, payments
from payment_service.usecases.named import named
from payment_service.usecases.post import post
from shared.database import Connection, ContendedError, Database
from shared.errors import PayonceError, contended
from shared.failpoints import failpoint
from shared.ids import new_id

TRIES = 5
NOTED = "it is noted, and goes on by itself"
log = structlog.get_logger()


class TakeBack:
    """Carries corrections out: what a caller asked for, what an order refused, what the completer found unfinished."""

    def __init__(self, database: Database, orders: OrdersClient) -> None:
        self._database = database
        self._orders = orders

    async def carry_out(self, pending: Sequence[Correction], actor: str) -> dict[UUID, Correction | PayonceError]:
        """End the orders, with no transaction open, then move the money of each whose order is known to be final."""
        final, unknown = await self._end_orders(pending)
        ends: dict[UUID, Correction | PayonceError] = {c.correction_id: unavailable(NOTED) for c in unknown}
        for correction in final:
            ends[correction.correction_id] = await self._moved(correction, actor)
        return ends

    async def after_refusal(self, payment: Payment, reason: StateReason) -> Payment:
        """The payment, taken back because its order refused the flip for good: intent and money in one transaction.

        Only while it is unconfirmed. A correction that somebody began before is carried out instead.
        """
        correction_id = new_id()

        async def work(connection: Connection) -> Payment:
            if not await payments.hold_unconfirmed(connection, payment):
                return (await payments.by_subjects(connection, [payment.subject]))[payment.subject]
            found = payment
            for _ in range(TRIES):
                mine = await begin(connection, found, whole(found, correction_id, reason, COMPLETER))
                found = (await payments.by_subjects(connection, [payment.subject]))[payment.subject]
                if found.correction_id is not None:
                    taken = mine or await corrections.by_id(connection, found.subject, found.correction_id)
                    if taken.completed_at is None:
                        await _move(connection, taken, COMPLETER)
                    return (await payments.by_subjects(connection, [payment.subject]))[payment.subject]
            raise contended()  # refunds of parts came between, each time

        return await self._database.transact(work, name="reversal")

    async def _end_orders(self, pending: Sequence[Correction]) -> tuple[list[Correction], list[Correction]]:
        """Those whose order is final now (tickets have none), and those of which that is not known."""
        of_orders = [c for c in pending if order_of(c.subject)]
        if not of_orders:
            return list(pending), []
        verdicts = await self._orders.mark_refunded([(order_of(c.subject), c.payment_id) for c in of_orders])
        # REFUSED too is an end: the order is another payment's, and will never be this one's.
        unknown = [c for c, (verdict, _) in zip(of_orders, verdicts, strict=True) if verdict == Verdict.UNKNOWN]
        failpoint("orders_ended")
        return [c for c in pending if c not in unknown], unknown

    async def _moved(self, correction: Correction, actor: str) -> Correction | PayonceError:
        """What goes wrong with one never fails its neighbours; the completer tries again."""
        try:
            return await self._database.transact(
                lambda connection: _move(connection, correction, actor), name=correction.kind
            )
        except PayonceError as error:
            log.warning("correction.again", **named(correction.subject, correction.payment_id), reason=error.reason)
            return error
        except ContendedError:
            return contended()
        except Exception:
            log.exception("correction.trouble", **named(correction.subject, correction.payment_id))
            return unavailable(NOTED)


async def begin(connection: Connection, payment: Payment, correction: Correction) -> Correction | None:
    """Write the intent, if the payment still stands as it was read and nobody else took it into hand; else None."""
    amount_minor = payment.refundable.minor_units
    if not await payments.begin_correction(connection, payment, correction.correction_id, amount_minor):
        return None
    written = await corrections.write(connection, correction, completed=False)
    await history.record(connection, [begun(correction)])
    failpoint("correction_begun")
    return written


async def _move(connection: Connection, correction: Correction, actor: str) -> Correction:
    """The money, or the reservation, goes back; once, whoever else carries the same correction out."""
    payment = (await payments.by_subjects(connection, [correction.subject]))[correction.subject]
    after = STATE_AFTER[correction.kind]
    await payments.forget_unconfirmed(connection, payment)
    ended = await payments.end(connection, payment, correction.correction_id, after, correction.state_reason)
    completed = await corrections.complete(connection, correction)
    if completed is None:
        return await corrections.by_id(connection, correction.subject, correction.correction_id)
    moves = movement(correction, payment)
    if ended and moves:
        made = await post(connection, [moves])
        if made.refused:
            raise PayonceError(made.refused[0].reason, f"payment {payment.payment_id} can't be taken back yet")
    await history.record(connection, [done(correction, actor)])
    log.info("corrected", kind=correction.kind, **named(payment.subject, payment.payment_id))
    return completed
