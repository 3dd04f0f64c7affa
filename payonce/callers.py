"""Callers who pay at the same time, each on a connection of its own: a cut one loses no other's reply."""

import asyncio
from collections.abc import Callable, Iterable
from typing import TypeAlias

from payonce.client import AsyncClient, PaidOrder, PayonceError
from payonce.type.v1.money_pb2 import Money

Answer: TypeAlias = PaidOrder | PayonceError


async def pay_at_once(
    order_ids: Iterable[str],
    connect: Callable[[], AsyncClient],
    *,
    answered: Callable[[Answer], None],
    expected_amount: Money | None = None,
    within_s: float = 60.0,
) -> list[tuple[str, Answer]]:
    """A caller for each of `order_ids`, which may name an order often; each asks until it is answered.

    `answered` is called with what a caller heard, when it has; in the end all of it, with the order of each.
    """

    async def caller(order_id: str) -> tuple[str, Answer]:
        heard: Answer
        async with connect() as client:
            try:
                heard = await client.pay_order(order_id, expected_amount=expected_amount, within_s=within_s)
            except PayonceError as error:
                heard = error
        answered(heard)
        return order_id, heard

    return await asyncio.gather(*(caller(order_id) for order_id in order_ids))
