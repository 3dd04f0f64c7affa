"""order_service.storage.orders."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from order_service.domain.orders import Filter, Flip, Order, OrderContent, OrderStatus
from shared.money import Money
from simulation.database import statement
from simulation.tables import Transaction, Values


@statement
async def create(t: Transaction, content: OrderContent) -> Order | None:
    row: Values = {
        "order_id": content.order_id,
        "customer_id": content.customer_id,
        "payer_account_id": content.payer_account_id,
        "payee_account_id": content.payee_account_id,
        "currency": content.amount.currency,
        "amount_minor": content.amount.minor_units,
        "description": content.description,
        "merchant_id": content.merchant_id,
        "status": "unpaid",
        "payment_id": None,
        "created_at": t.now,
        "paid_at": None,
        "cancelled_at": None,
        "refunded_at": None,
    }
    return _order(row) if await t.insert("orders", row, on_conflict_nothing=True) else None


@statement
async def by_ids(t: Transaction, order_ids: Sequence[str]) -> dict[str, Order]:
    return {order_id: _order(row) for order_id in order_ids if (row := t.get("orders", order_id))}


@statement
async def newest(t: Transaction, wanted: Filter, *, before: Sequence[Any] | None, limit: int) -> list[Order]:
    rows = [row for row in t.rows("orders") if _is(row, wanted) and (not before or _position(row) < tuple(before))]
    return [_order(row) for row in sorted(rows, key=_position, reverse=True)[:limit]]


def _position(row: Values) -> tuple[datetime, str]:
    return row["created_at"], row["order_id"]


def _is(row: Values, wanted: Filter) -> bool:
    return all(row[name] == value for name, value in wanted._asdict().items() if value is not None)


@statement
async def cancel(t: Transaction, order_id: str, among: Filter) -> Order | None:
    change = {"status": "cancelled", "cancelled_at": t.now}
    row = await _update(t, order_id, lambda row: row["status"] == "unpaid" and _is(row, among), lambda _: change)
    return _order(row) if row else None


@statement
async def mark_paid(t: Transaction, flips: Sequence[Flip]) -> dict[Flip, OrderStatus]:
    def change(flip: Flip) -> Callable[[Values], Values]:
        return lambda _: {"status": "paid", "payment_id": flip.payment_id, "paid_at": t.now}

    return await _take(t, flips, lambda _: lambda row: row["status"] == "unpaid", change)


@statement
async def mark_refunded(t: Transaction, flips: Sequence[Flip]) -> dict[Flip, OrderStatus]:
    def fits(flip: Flip) -> Callable[[Values], bool]:
        return lambda row: (
            row["status"] == "unpaid" or (row["status"] == "paid" and row["payment_id"] == flip.payment_id)
        )

    def back(row: Values) -> Values:
        if row["status"] == "paid":
            return {"status": "refunded", "refunded_at": t.now, "cancelled_at": None}
        return {"status": "cancelled", "refunded_at": None, "cancelled_at": t.now}

    return await _take(t, flips, fits, lambda _: back)


async def _take(
    t: Transaction,
    flips: Sequence[Flip],
    fits: Callable[[Flip], Callable[[Values], bool]],
    change: Callable[[Flip], Callable[[Values], Values]],
) -> dict[Flip, OrderStatus]:
    taken: dict[Flip, OrderStatus] = {}
    # Of several for one order the statement takes one: the row is updated once. Which are in sight is known at once.
    fitting = [f for f in flips if (row := t.get("orders", f.order_id)) and fits(f)(row)]
    seen: set[str] = set()
    for flip in fitting:
        if flip.order_id in seen:
            continue
        row = await _update(t, flip.order_id, fits(flip), change(flip))
        if row:
            seen.add(flip.order_id)
            taken[flip] = OrderStatus(row["status"])
    return taken


async def _update(
    t: Transaction, order_id: str, fits: Callable[[Values], bool], change: Callable[[Values], Values]
) -> Values | None:
    row = t.get("orders", order_id)
    if row is None or not fits(row):
        return None
    row = await t.lock("orders", order_id)
    if row is None or not fits(row):
        return None
    new = {**row, **change(row)}
    t.write("orders", new, order_id)
    return new


def _order(row: Values) -> Order:
    content = OrderContent(
        order_id=row["order_id"],
        customer_id=row["customer_id"],
        payer_account_id=row["payer_account_id"],
        payee_account_id=row["payee_account_id"],
        amount=Money(row["currency"], row["amount_minor"]),
        description=row["description"],
        merchant_id=row["merchant_id"],
    )
    return Order(
        content=content,
        status=OrderStatus(row["status"]),
        payment_id=row["payment_id"],
        created_at=row["created_at"],
        paid_at=row["paid_at"],
        cancelled_at=row["cancelled_at"],
        refunded_at=row["refunded_at"],
    )
