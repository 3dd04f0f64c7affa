"""Callers who pay at the same time, each on a connection of its own: a cut one loses no other's reply."""

import asyncio
from collections.abc import Callable, Iterable

from payonce.client import AsyncClient, PaidOrder, PayonceError
from payonce.type.v1.money_pb2 import Money

Answer = tuple[str, PaidOrder | PayonceError]


async def pay_at_once(
    order_ids: Iterable[str],
    connect: Callable[[], AsyncClient],
    *,
    answered: Callable[[], None],
    expected_amount: Money | None = None,
    within_s: float = 60.0,
) -> list[Answer]:
    """A caller for each of `order_ids`, which may name an order often; each asks until it is answered.

    An answer is the order, and what its caller heard. `answered` is called at each.
    """

    async def caller(order_id: str) -> Answer:
        async with connect() as client:
            try:
                return order_id, await client.pay_order(order_id, expected_amount=expected_amount, within_s=within_s)
            except PayonceError as error:
                return order_id, error
            finally:
                answered()

    return await asyncio.gather(*(caller(order_id) for order_id in order_ids))
