"""After the money: flip the order; when that is refused for good, take the money back."""

from collections.abc import Sequence
from uuid import UUID

import structlog

from payment_service.clients.orders import OrdersClient
from payment_service.domain.charges import REFUSED_BECAUSE, Standing, Verdict, in_progress
from payment_service.domain.payments import Payment, StateReason, Subject, order_of
from payment_service.storage import payments
from payment_service.usecases.named import named
from payment_service.usecases.take_back import TakeBack
from shared.database import Connection, Database
from shared.errors import PayonceError, Reason

log = structlog.get_logger()


class Confirm:
    """Flips orders of payments that moved money. What was flipped is noted in bulk, off the hot path, by `flush`."""

    def __init__(self, database: Database, orders: OrdersClient, take_back: TakeBack) -> None:
        self._database = database
        self._orders = orders
        self._take_back = take_back
        self._flipped: set[tuple[Subject, UUID]] = set()

    async def flip(
        self, charged: Sequence[Payment], take_back: TakeBack | None = None
    ) -> dict[Subject, Standing | PayonceError]:
        """For each subject its payment as it stands now; an error where a refused charge could not be taken back yet.

        `take_back` is given by callers who have connections of their own.

        An unknown outcome never reverses: the completer asks again.
        """
        verdicts = await self._orders.mark_paid([(order_of(p.subject), p.payment_id) for p in charged])
        ends: dict[Subject, Standing | PayonceError] = {}
        for payment, (verdict, found) in zip(charged, verdicts, strict=True):
            if verdict == Verdict.DONE:
                self._flipped.add((payment.subject, payment.payment_id))
                ends[payment.subject] = Standing(payment, confirmed=True)
            elif verdict == Verdict.REFUSED and found in REFUSED_BECAUSE:
                ends[payment.subject] = await self._refused(
                    take_back or self._take_back, payment, REFUSED_BECAUSE[found]
                )
            else:
                log.warning("flip.unknown", **named(payment.subject, payment.payment_id))
                ends[payment.subject] = Standing(payment, confirmed=False)
        return ends

    def knows(self, payment: Payment) -> bool:
        """Whether the payment's order is known to be PAID: noted, or to be noted at the next flush."""
        return not payment.unconfirmed or (payment.subject, payment.payment_id) in self._flipped

    async def flush(self) -> None:
        """Note as confirmed everything flipped since the last time."""
        flipped, self._flipped = self._flipped, set()
        if not flipped:
            return

        async def work(connection: Connection) -> None:
            await payments.by_keys_alone(connection)
            await payments.confirm(connection, list(flipped))

        try:
            await self._database.transact(work, name="confirm")
        except BaseException:
            self._flipped |= flipped
            raise

    async def _refused(self, take_back: TakeBack, payment: Payment, reason: Reason) -> Standing | PayonceError:
        """Take back; what goes wrong with one payment never fails its neighbours, and the completer tries again."""
        try:
            return Standing(await take_back.after_refusal(payment, StateReason(reason)), confirmed=False)
        except Exception:
            log.exception("reversal.again", **named(payment.subject, payment.payment_id))
            return in_progress(payment.subject)
