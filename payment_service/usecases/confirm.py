"""After the money: flip the order; when that is refused for good, take the money back."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from payment_service.clients.orders import OrdersClient
from payment_service.domain.payments import REFUSED_BECAUSE, Payment, Verdict, in_progress
from payment_service.storage import payments
from payment_service.usecases.reverse import reverse
from shared.database import Database
from shared.errors import PayonceError, Reason

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Flipped:
    """A payment as it stands after the flip was tried; `confirmed` when its order is known to be PAID by it."""

    payment: Payment
    confirmed: bool


class Confirm:
    """Flips orders of payments that moved money. What was flipped is noted in bulk, off the hot path, by `flush`."""

    def __init__(self, database: Database, orders: OrdersClient) -> None:
        self._database = database
        self._orders = orders
        self._flipped: set[tuple[str, UUID]] = set()

    async def flip(self, charged: Sequence[Payment]) -> dict[str, Flipped | PayonceError]:
        """For each order its payment as it stands now; an error where a refused charge could not be taken back yet.

        An unknown outcome never reverses: the completer asks again.
        """
        try:
            verdicts = await self._orders.mark_paid([(p.order_id, p.payment_id) for p in charged])
        except PayonceError as error:
            log.warning("flip.unknown", payments=len(charged), reason=error.reason)
            return {payment.order_id: Flipped(payment, confirmed=False) for payment in charged}
        ends: dict[str, Flipped | PayonceError] = {}
        for payment, (verdict, found) in zip(charged, verdicts, strict=True):
            if verdict == Verdict.CONFIRMED:
                self._flipped.add((payment.order_id, payment.payment_id))
                ends[payment.order_id] = Flipped(payment, confirmed=True)
            elif verdict == Verdict.REFUSED and found in REFUSED_BECAUSE:
                ends[payment.order_id] = await self._take_back(payment, REFUSED_BECAUSE[found])
            else:
                log.error("flip.order_missing", order_id=payment.order_id, payment_id=str(payment.payment_id))
                ends[payment.order_id] = Flipped(payment, confirmed=False)
        return ends

    async def flush(self) -> None:
        """Write `confirmed_at` of everything flipped since the last time."""
        flipped, self._flipped = self._flipped, set()
        if not flipped:
            return
        try:
            await self._database.transact(lambda connection: payments.confirm(connection, list(flipped)))
        except BaseException:
            self._flipped |= flipped
            raise

    async def _take_back(self, payment: Payment, reason: Reason) -> Flipped | PayonceError:
        """Reverse; what goes wrong with one payment never fails its neighbours, and the completer tries again."""
        try:
            return Flipped(await reverse(self._database, payment, reason), confirmed=False)
        except Exception:
            log.exception("reversal.again", order_id=payment.order_id, payment_id=str(payment.payment_id))
            return in_progress(payment.order_id)
