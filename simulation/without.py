"""The guards of the protocol, each with what stands there without it: what finds nothing without them finds nothing."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import order_service.storage.orders
import payment_service.domain.ledger
import payment_service.storage.payments
import payment_service.storage.requests
import payment_service.storage.tickets
import payment_service.usecases.pay_orders
import simulation.nodes
import simulation.storage.claims
import simulation.storage.orders
from order_service.domain.orders import Flip, OrderStatus
from payment_service.clients.orders import OrdersClient
from payment_service.domain import charges
from payment_service.domain.charges import Paid, PayOrder
from payment_service.domain.corrections import Correction
from payment_service.domain.payments import Payment, Subject
from payment_service.usecases.pay_orders import PayOrders
from payment_service.usecases.take_back import TakeBack
from shared.errors import PayonceError, Reason
from simulation.database import statement
from simulation.tables import Transaction, Values

Pairs = Sequence[tuple[Subject, UUID]]


async def _claim_always(t: Transaction, key: Any, fingerprint: Any) -> bool:
    """A second claim writes over the first."""
    where = (key.caller, key.method, key.request_id)
    values = {"caller": key.caller, "method": key.method, "request_id": key.request_id}
    if not await t.insert(
        "requests", values | {"fingerprint": fingerprint, "response": None}, on_conflict_nothing=True
    ):
        row = await t.lock("requests", *where)
        t.server.tables["requests"].rows[where].written = {**(row or {}), "response": None}
    return True


async def _flip_always(t: Transaction, flips: Sequence[Flip]) -> dict[Flip, OrderStatus]:
    """`WHERE orders.status = 'unpaid'` is gone, and the trigger with it."""
    for flip in flips:
        row = await t.lock("orders", flip.order_id)
        if row:
            changed = {**row, "status": "paid", "payment_id": flip.payment_id, "paid_at": t.now}
            t.server.tables["orders"].rows[flip.order_id,].written = changed
    return dict.fromkeys(flips, OrderStatus.PAID)


async def _update_blindly(
    t: Transaction, order_id: str, fits: Callable[[Values], bool], change: Callable[[Values], Values]
) -> Values | None:
    """Who waited for the row does not look again whether it may still be changed."""
    row = t.get("orders", order_id)
    if row is None or not fits(row):
        return None
    row = await t.lock("orders", order_id)
    if row:
        t.server.tables["orders"].rows[order_id,].written = row = {**row, **change(row)}
    return row


async def _use_always(t: Transaction, pairs: Pairs) -> set[UUID]:
    """`WHERE tickets.status = 'unused'` is gone, and the trigger with it."""
    for subject, payment_id in pairs:
        row = await t.lock("tickets", subject)
        if row:
            changed = {**row, "status": "used", "payment_id": payment_id}
            t.server.tables["tickets"].rows[subject,].written = changed
    return {payment_id for _, payment_id in pairs}


async def _refund_always(t: Transaction, payment: Payment, amount_minor: int) -> Payment | None:
    """The bound of refunds is gone, and the CHECK with it."""
    key = (payment.payment_id, payment.subject)
    row = await t.lock("payments", *key)
    if row is None:
        return None
    t.server.tables["payments"].rows[key].written = {**row, "refunded_minor": row["refunded_minor"] + amount_minor}
    return payment


def _verdicts(instead: Callable[[tuple[Any, Any]], tuple[Any, Any]]) -> Any:
    real = OrdersClient.mark_paid

    async def mark_paid(self: OrdersClient, pairs: Sequence[tuple[str, UUID]]) -> list[tuple[Any, Any]]:
        return [instead(answer) for answer in await real(self, pairs)]

    return mark_paid


def _unknown_is_refused(answer: tuple[Any, Any]) -> tuple[Any, Any]:
    refused = (charges.Verdict.REFUSED, charges.OrderStatus.CANCELLED)
    return refused if answer[0] == charges.Verdict.UNKNOWN else answer


def _refused_is_done(answer: tuple[Any, Any]) -> tuple[Any, Any]:
    return (charges.Verdict.DONE, answer[1]) if answer[0] == charges.Verdict.REFUSED else answer


async def _money_first(
    self: TakeBack, pending: Sequence[Correction], actor: str
) -> dict[UUID, Correction | PayonceError]:
    """The way back turned round."""
    ends = {c.correction_id: await self._moved(c, actor) for c in pending}
    await self._end_orders(pending)
    return ends


async def _any_order(_: TakeBack, pending: Sequence[Correction]) -> tuple[list[Correction], list[Correction]]:
    """The order is never asked to end."""
    return list(pending), []


async def _all_or_none(self: PayOrders, commands: Sequence[PayOrder]) -> list[Paid | PayonceError]:
    """Whoever comes in one batch with what can't be paid is told so, too."""
    outcomes = await PAY_ORDERS(self, commands)
    spoiled = [one for one in outcomes if isinstance(one, PayonceError) and one.reason in POISONED]
    return [spoiled[0]] * len(outcomes) if spoiled else outcomes


POISONED = (Reason.ORDER_NOT_FOUND, Reason.ACCOUNT_NOT_FOUND, Reason.AMOUNT_MISMATCH)
PAY_ORDERS = PayOrders.__call__
GUARDS: dict[str, tuple[Any, str, Any]] = {
    "claim": (simulation.storage.claims, "same_claim", lambda _: lambda _: False),
    "request claim": (payment_service.storage.requests, "claim", statement(_claim_always)),
    "conditional flip": (order_service.storage.orders, "mark_paid", statement(_flip_always)),
    "order looked at again": (simulation.storage.orders, "_update", _update_blindly),
    "conditional use of a ticket": (payment_service.storage.tickets, "use", statement(_use_always)),
    "bound of refunds": (payment_service.storage.payments, "refund_part", statement(_refund_always)),
    "unknown never reverses": (OrdersClient, "mark_paid", _verdicts(_unknown_is_refused)),
    "refused takes back": (OrdersClient, "mark_paid", _verdicts(_refused_is_done)),
    "order before money": (TakeBack, "carry_out", _money_first),
    "order ends": (TakeBack, "_end_orders", _any_order),
    "funds": (payment_service.domain.ledger, "_has_funds", lambda *_: True),
    "enough is enough": (payment_service.domain.ledger, "_has_funds", lambda *_: False),
    "expected amount": (payment_service.usecases.pay_orders, "check_expected", lambda *_: None),
    "to each its own outcome": (PayOrders, "__call__", _all_or_none),
    "completer": (simulation.nodes, "_is_simulated", lambda _: False),
}


@contextmanager
def without(name: str) -> Iterator[None]:
    """Take a guard away. Within `installed()`."""
    target, attribute, instead = GUARDS[name]
    before = getattr(target, attribute)
    setattr(target, attribute, instead)
    try:
        yield
    finally:
        setattr(target, attribute, before)
