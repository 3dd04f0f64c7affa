"""What is known about a payment."""

from uuid import UUID

from payment_service.domain.payments import Lookup, LookupOutcome, Payment
from payment_service.storage import payments
from shared.database import Connection, Database
from shared.errors import PayonceError, Reason


class Lookups:
    """Reads of payments."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, payment_id: UUID) -> Payment:
        """One payment. Raises PAYMENT_NOT_FOUND."""
        found = await self._database.read(lambda connection: payments.by_id(connection, payment_id))
        if found is None:
            metadata = {"payment_id": str(payment_id)}
            raise PayonceError(Reason.PAYMENT_NOT_FOUND, "There is no such payment.", metadata=metadata)
        return found

    async def by_order(self, order_id: str) -> Lookup:
        """The order's payment, the attempt under way, or the latest attempt that was declined."""

        async def work(connection: Connection) -> Lookup:
            # The lock first: an attempt that commits between the two reads is then found by the second.
            held = await payments.claim_is_held(connection, order_id)
            found = (await payments.by_orders(connection, [order_id])).get(order_id)
            if found is not None:
                return Lookup(LookupOutcome(found.state), found)
            if held:
                return Lookup(LookupOutcome.IN_PROGRESS, None)
            declined = await payments.latest_declined(connection, order_id)
            return Lookup(LookupOutcome.DECLINED if declined else LookupOutcome.NOT_SEEN, declined)

        return await self._database.read(work)
