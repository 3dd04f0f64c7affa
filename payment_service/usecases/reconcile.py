"""Bring orders and payments together again, after one of the two databases was restored to an earlier time.

Every payment of an order is compared with its order, as order_service tells it. The payments are right, since they are
what moved the money: orders are brought along by the same two steps as ever, and where an order ended meanwhile, the
payment is given back the usual way. Nothing here charges, and all of it may be run again, also beside traffic.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias
from uuid import UUID

import structlog

from payment_service.clients.orders import Answer, OrdersClient, Pair
from payment_service.domain.charges import Order, OrderStatus, Verdict
from payment_service.domain.divergences import Divergence, Remedy, at_rest, compare
from payment_service.domain.history import EventKind
from payment_service.domain.payments import Payment, PaymentState, StateReason, order_of
from payment_service.storage import history, payments
from payment_service.usecases.endings import Endings, Why
from payment_service.usecases.named import named
from shared.callers import Caller, Role, Scope
from shared.database import ContendedError, Database
from shared.errors import PayonceError

PAGE = 500
RECONCILER = Caller(Role.SERVICE, "reconcile", Scope.ANY)  # who did it, in the history
BECAUSE = {
    OrderStatus.CANCELLED: StateReason.ORDER_CANCELLED,
    OrderStatus.REFUNDED: StateReason.ORDER_REFUNDED,
}
Step: TypeAlias = Callable[[Sequence[Pair]], Awaitable[list[Answer]]]
log = structlog.get_logger()


class Reconcile:
    """Over the payments database and order_service."""

    def __init__(self, database: Database, orders: OrdersClient, endings: Endings) -> None:
        self._database = database
        self._orders = orders
        self._endings = endings

    async def run(self, *, apply: bool) -> AsyncIterator[tuple[int, list[Divergence]]]:
        """Page by page how many payments were looked at, and what diverges; with `apply` repaired where it can be.

        Raises ORDER_SERVICE_UNAVAILABLE when order_service can't be asked: then nothing is known of the page.
        """
        after = ""
        while page := await self._page(after):
            after = page[-1].subject
            found = await self._diverging([payment for payment in page if at_rest(payment)])
            yield len(page), await self._repair(found) if apply else found

    async def _page(self, after: str) -> list[Payment]:
        return await self._database.read(lambda connection: payments.of_orders(connection, after, PAGE))

    async def _diverging(self, page: Sequence[Payment]) -> list[Divergence]:
        """What diverges, and still does when the payment is read once more: orders are asked after the payments."""
        orders = await self._orders.batch_get([order_of(payment.subject) for payment in page]) if page else {}
        suspects = [p for p in page if compare(p, orders.get(order_of(p.subject)), confirmed=False)]
        subjects = [payment.subject for payment in suspects]
        now = await self._database.read(lambda c: payments.by_subjects(c, subjects)) if subjects else {}
        return [d for p in suspects if now.get(p.subject) == p for d in await self._judge(p, orders)]

    async def _judge(self, payment: Payment, orders: Mapping[str, Order]) -> list[Divergence]:
        events = await self._database.read(lambda connection: history.of_subject(connection, payment.subject))
        if events and events[-1].kind == EventKind.VOID_BEGUN:
            return []  # forbidden before it came, and its order is about to end
        confirmed = any(e.kind == EventKind.CONFIRMED and e.payment_id == payment.payment_id for e in events)
        found = compare(payment, orders.get(order_of(payment.subject)), confirmed=confirmed)
        return [found] if found else []

    async def _repair(self, found: Sequence[Divergence]) -> list[Divergence]:
        """The same, marked where the remedy worked. What did not is found again by the next run."""
        flipped = await self._step(found, {Remedy.FLIP, Remedy.FLIP_AND_END}, self._orders.mark_paid)
        stuck = {_id(d) for d in found if d.remedy == Remedy.FLIP_AND_END} - flipped
        to_end = [d for d in found if _id(d) not in stuck]
        ended = await self._step(to_end, {Remedy.END, Remedy.FLIP_AND_END}, self._orders.mark_refunded)
        done = ended | {_id(d) for d in found if d.remedy == Remedy.FLIP and _id(d) in flipped}
        for divergence in found:
            if divergence.remedy == Remedy.GIVE_BACK and await self._give_back(divergence):
                done.add(_id(divergence))
        return [divergence._replace(repaired=_id(divergence) in done) for divergence in found]

    async def _step(self, found: Sequence[Divergence], remedies: set[Remedy], take: Step) -> set[UUID]:
        """Ask order_service for a step of the orders with these remedies; the payments whose order took it."""
        chosen = [d.payment for d in found if d.remedy in remedies]
        if not chosen:
            return set()
        verdicts = await take([(order_of(payment.subject), payment.payment_id) for payment in chosen])
        return {p.payment_id for p, (verdict, _) in zip(chosen, verdicts, strict=True) if verdict == Verdict.DONE}

    async def _give_back(self, divergence: Divergence) -> bool:
        """The usual way back, for the reason that the order ended."""
        payment, order = divergence.payment, divergence.order
        if order is None:
            return False
        why = Why(RECONCILER, BECAUSE[order.status], "")
        try:
            ended, _ = await self._endings.reverse(payment.payment_id, why)
        except (PayonceError, ContendedError) as error:
            log.warning("reconcile.again", **named(payment.subject, payment.payment_id), error=repr(error))
            return False
        return ended.state in (PaymentState.REVERSED, PaymentState.VOIDED)


def _id(divergence: Divergence) -> UUID:
    return divergence.payment.payment_id
