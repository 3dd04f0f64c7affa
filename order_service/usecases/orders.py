"""What order_service does. Every change is one conditional statement; who loses reads what the winner wrote."""

from collections.abc import Sequence
from typing import Any

from order_service.domain.orders import (
    Filter,
    Flip,
    Order,
    OrderContent,
    OrderStatus,
    OrderVerdict,
    Step,
    is_theirs,
    judge,
    narrowed,
    not_found,
    refuse_cancel,
    taken,
    theirs,
)
from order_service.storage import orders
from shared.callers import Caller
from shared.database import Connection, Database
from shared.failpoints import failpoint


class Orders:
    """The use cases of the service, over its database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, content: OrderContent, caller: Caller) -> tuple[Order, bool]:
        """The order, and whether it was there before with the same content. Raises ORDER_ALREADY_EXISTS."""

        async def work(connection: Connection) -> tuple[Order, bool]:
            created = await orders.create(connection, content)
            if created:
                return created, False
            found = (await orders.by_ids(connection, [content.order_id]))[content.order_id]
            if found.content != content or not is_theirs(caller, found.content):
                raise taken(found, content, caller)
            return found, True

        return await self._database.transact(work)

    async def get(self, order_id: str, caller: Caller) -> Order:
        """One order. Raises ORDER_NOT_FOUND."""
        found = await self.batch_get([order_id], caller)
        if not found:
            raise not_found(order_id)
        return found[0]

    async def batch_get(self, order_ids: Sequence[str], caller: Caller) -> list[Order]:
        """The orders that exist for the caller, in the order asked for."""
        found = await self._database.read(lambda connection: orders.by_ids(connection, order_ids))
        there = [found[order_id] for order_id in order_ids if order_id in found]
        return [order for order in there if is_theirs(caller, order.content)]

    async def newest(self, wanted: Filter, caller: Caller, *, before: Sequence[Any] | None, limit: int) -> list[Order]:
        """One page of the orders that exist for the caller, newest first."""
        own = narrowed(wanted, caller)
        if own is None:
            return []
        return await self._database.read(lambda connection: orders.newest(connection, own, before=before, limit=limit))

    async def cancel(self, order_id: str, caller: Caller) -> tuple[Order, bool]:
        """The order, CANCELLED, and whether it was so before. Raises ORDER_NOT_FOUND, ORDER_ALREADY_PAID."""

        async def work(connection: Connection) -> tuple[Order, bool]:
            while not (cancelled := await orders.cancel(connection, order_id, theirs(caller))):
                found = (await orders.by_ids(connection, [order_id])).get(order_id)
                if found is None or not is_theirs(caller, found.content):
                    raise not_found(order_id)
                if found.status == OrderStatus.CANCELLED:
                    return found, True
                if found.status != OrderStatus.UNPAID:
                    raise refuse_cancel(found)
                # It was created between our two statements; now that it is there the first one decides.
            return cancelled, False

        return await self._database.transact(work)

    async def mark_paid(self, flips: Sequence[Flip]) -> list[OrderVerdict]:
        """Flip orders to PAID; a verdict for each, in the order given."""
        verdicts = await self._take(Step.PAY, flips)
        failpoint("mark_orders_paid_committed")
        return verdicts

    async def mark_refunded(self, flips: Sequence[Flip]) -> list[OrderVerdict]:
        """End orders so that their money can go back; a verdict for each, in the order given."""
        verdicts = await self._take(Step.GIVE_BACK, flips)
        failpoint("mark_orders_refunded_committed")
        return verdicts

    async def _take(self, step: Step, flips: Sequence[Flip]) -> list[OrderVerdict]:
        statement = orders.mark_paid if step == Step.PAY else orders.mark_refunded

        async def work(connection: Connection) -> list[OrderVerdict]:
            taken = await statement(connection, sorted(flips))
            lost = [flip.order_id for flip in flips if flip not in taken]
            found = await orders.by_ids(connection, lost) if lost else {}
            return [judge(flip, step, taken=taken.get(flip), found=found.get(flip.order_id)) for flip in flips]

        # One change, and a look at what others left of it: no transaction around the two is needed.
        return await self._database.autocommit(work)
