"""After the money: flip the order; when that is refused for good, take the money back."""

from collections.abc import Sequence
from uuid import UUID

import structlog

from payment_service.clients.orders import OrdersClient
from payment_service.domain.ledger import Transfer, TransferKind
from payment_service.domain.payments import REFUSED_BECAUSE, OrderStatus, Payment, Verdict
from payment_service.storage import payments
from payment_service.usecases.post import post
from shared.database import Connection, Database
from shared.errors import PayonceError, Reason
from shared.ids import new_id

log = structlog.get_logger()


class Confirm:
    """Flips orders of payments that moved money. What was flipped is noted in bulk, off the hot path, by `flush`."""

    def __init__(self, database: Database, orders: OrdersClient) -> None:
        self._database = database
        self._orders = orders
        self._flipped: set[tuple[str, UUID]] = set()

    async def flip(self, charged: Sequence[Payment]) -> dict[UUID, tuple[Payment, bool]]:
        """Each payment as it stands now, and whether its order is known to be PAID by it.

        An unknown outcome never reverses: the completer asks again.
        """
        try:
            verdicts = await self._orders.mark_paid([(p.order_id, p.payment_id) for p in charged])
        except PayonceError as error:
            log.warning("flip.unknown", payments=len(charged), reason=error.reason)
            return {payment.payment_id: (payment, False) for payment in charged}
        result = {}
        for payment, (verdict, found) in zip(charged, verdicts, strict=True):
            now = payment
            if verdict == Verdict.CONFIRMED:
                self._flipped.add((payment.order_id, payment.payment_id))
            elif verdict == Verdict.REFUSED and found is not None:
                now = await self._reverse(payment, found)
            else:
                log.warning("flip.order_missing", order_id=payment.order_id, payment_id=str(payment.payment_id))
            result[payment.payment_id] = (now, verdict == Verdict.CONFIRMED)
        return result

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

    async def _reverse(self, payment: Payment, found: OrderStatus) -> Payment:
        """冲正: undo the charge by an equal and opposite transfer, once."""
        transfer = Transfer(
            transfer_id=new_id(),
            kind=TransferKind.REVERSAL,
            source=payment.payee_account_id,
            target=payment.payer_account_id,
            amount=payment.amount,
            payment_id=payment.payment_id,
        )

        async def work(connection: Connection) -> Payment:
            reversed_now = await payments.reverse(connection, payment, REFUSED_BECAUSE[found])
            if reversed_now is None:  # somebody else was quicker
                return (await payments.by_orders(connection, [payment.order_id]))[payment.order_id]
            made = await post(connection, [transfer])
            if made.refused:
                reason = Reason(made.refused[0].reason)
                raise PayonceError(reason, f"payment {payment.payment_id} can't be reversed: {reason}")
            return reversed_now

        result = await self._database.transact(work)
        log.info("reversed", order_id=payment.order_id, payment_id=str(payment.payment_id), found=found)
        return result
