"""Statements on the table `orders`."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from order_service.domain.orders import Filter, Flip, Order, OrderContent, OrderStatus
from order_service.storage.schema import orders
from shared.arrays import TEXTS, UUIDS, among, statement
from shared.database import Connection
from shared.money import Money


async def create(connection: Connection, content: OrderContent) -> Order | None:
    """The new order; None when the id is taken."""
    values = {
        "order_id": content.order_id,
        "customer_id": content.customer_id,
        "payer_account_id": content.payer_account_id,
        "payee_account_id": content.payee_account_id,
        "currency": content.amount.currency,
        "amount_minor": content.amount.minor_units,
        "description": content.description,
        "merchant_id": content.merchant_id,
    }
    query = insert(orders).values(values).on_conflict_do_nothing(index_elements=["order_id"]).returning(orders)
    row = (await connection.execute(query)).one_or_none()
    return _order(row) if row else None


BY_IDS = sa.select(orders).where(among(orders.c.order_id, "order_ids"))


async def by_ids(connection: Connection, order_ids: Sequence[str]) -> dict[str, Order]:
    """The orders that exist."""
    rows = await connection.execute(BY_IDS, {"order_ids": order_ids})
    return {order.content.order_id: order for order in map(_order, rows)}


async def newest(connection: Connection, wanted: Filter, *, before: Sequence[Any] | None, limit: int) -> list[Order]:
    """One page, newest first: what comes after the position `before` (created_at, order_id)."""
    query = sa.select(orders).order_by(orders.c.created_at.desc(), orders.c.order_id.desc()).limit(limit)
    query = query.where(*_is(wanted))
    if before:
        query = query.where(sa.tuple_(orders.c.created_at, orders.c.order_id) < sa.tuple_(*before))
    return [_order(row) for row in await connection.execute(query)]


def _is(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    return [orders.c[name] == value for name, value in wanted._asdict().items() if value is not None]


async def cancel(connection: Connection, order_id: str, among: Filter) -> Order | None:
    """UNPAID → CANCELLED; None when the order is not there, not among those, or not UNPAID."""
    query = (
        sa.update(orders)
        .where(orders.c.order_id == order_id, orders.c.status == OrderStatus.UNPAID, *_is(among))
        .values(status=OrderStatus.CANCELLED, cancelled_at=sa.func.now())
        .returning(orders)
    )
    row = (await connection.execute(query)).one_or_none()
    return _order(row) if row else None


# The flip. `status = 'unpaid'` makes it happen once: of two at the same time the second waits for the first's row
# lock, looks again, and changes nothing. No row returned = lost, and the use case reads what stands there instead.
FLIP = statement(
    """
    UPDATE orders
       SET status = 'paid', payment_id = flip.payment_id, paid_at = now()
      FROM unnest(:order_ids, :payment_ids) AS flip (order_id, payment_id)
     WHERE orders.order_id = flip.order_id
       AND orders.status = 'unpaid'
 RETURNING orders.order_id, flip.payment_id AS for_payment, orders.status
    """,
    order_ids=TEXTS,
    payment_ids=UUIDS,
)


async def mark_paid(connection: Connection, flips: Sequence[Flip]) -> dict[Flip, OrderStatus]:
    """UNPAID → PAID; the flips that happened."""
    return await _take(connection, FLIP, flips)


# The way back. An order ends here for good, so that a flip that was sent long ago and arrives late is refused.
GIVE_BACK = statement(
    """
    UPDATE orders
       SET status = CASE status WHEN 'paid' THEN 'refunded' ELSE 'cancelled' END,
           refunded_at = CASE status WHEN 'paid' THEN now() END,
           cancelled_at = CASE status WHEN 'unpaid' THEN now() END
      FROM unnest(:order_ids, :payment_ids) AS flip (order_id, payment_id)
     WHERE orders.order_id = flip.order_id
       AND (orders.status = 'unpaid' OR orders.status = 'paid' AND orders.payment_id = flip.payment_id)
 RETURNING orders.order_id, flip.payment_id AS for_payment, orders.status
    """,
    order_ids=TEXTS,
    payment_ids=UUIDS,
)


async def mark_refunded(connection: Connection, flips: Sequence[Flip]) -> dict[Flip, OrderStatus]:
    """PAID by the payment → REFUNDED, UNPAID → CANCELLED; the steps that happened, and where each led."""
    return await _take(connection, GIVE_BACK, flips)


async def _take(connection: Connection, step: sa.TextClause, flips: Sequence[Flip]) -> dict[Flip, OrderStatus]:
    arrays = {"order_ids": [f.order_id for f in flips], "payment_ids": [f.payment_id for f in flips]}
    rows = await connection.execute(step, arrays)
    return {Flip(order_id, payment_id): STATUSES[status] for order_id, payment_id, status in rows}


STATUSES = {str(status): status for status in OrderStatus}


def _order(row: Sequence[Any]) -> Order:
    """The domain's value of a row, its columns in the table's order."""
    order_id, customer_id, payer, payee, currency, minor, description, status, payment_id, *times, merchant_id = row
    content = OrderContent(order_id, customer_id, payer, payee, Money(currency, minor), description, merchant_id)
    return Order(content, STATUSES[status], payment_id, *times)
