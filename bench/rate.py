"""`python -m bench.rate`: payments per second with 256 in flight, through both services, durable (fsync on).

Client, services and PostgreSQL share the machine: compare two of its figures in one run, not with other machines'.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Iterable
from pathlib import Path

from payonce.client import Client
from payonce.payment.v1 import account_pb2
from payonce.processes import Pair
from payonce.type.v1.money_pb2 import Money

ORDERS = 5_000
CUSTOMERS = 1_000
IN_FLIGHT = 256
PRICE = Money(currency_code="EUR", minor_units=100)


async def main() -> None:
    """Set up, then pay every order once, then once more (replays)."""
    with tempfile.TemporaryDirectory(prefix="payonce-rate-") as folder:
        Path(folder).chmod(0o755)  # noqa: ASYNC240 - PostgreSQL does not run as root, and must get in
        pair = Pair(Path(folder))
        try:
            await pair.start()
            async with Client(pair.order_address, pair.payment_address, timeout_s=60) as client:
                orders = await _prepare(client)
                for what in ("pay", "replay"):
                    seconds = await _all(client.pay_order(order_id) for order_id in orders)
                    print(f"{what}: {ORDERS / seconds:.0f}/s ({ORDERS} orders, {IN_FLIGHT} in flight)")
        finally:
            await pair.close()


async def _prepare(client: Client) -> list[str]:
    await client.create_account("shop", currency_code="EUR", kind=account_pb2.ACCOUNT_KIND_MERCHANT)
    names = [f"customer-{i}" for i in range(CUSTOMERS)]
    kind = account_pb2.ACCOUNT_KIND_CUSTOMER
    await _all(client.create_account(name, currency_code="EUR", kind=kind) for name in names)
    enough = Money(currency_code="EUR", minor_units=PRICE.minor_units * ORDERS)
    await _all(client.deposit(name, enough, request_id=f"deposit-{name}") for name in names)
    orders = [f"order-{i}" for i in range(ORDERS)]
    await _all(
        client.create_order(
            order_id=order_id,
            customer_id=names[i % CUSTOMERS],
            payer_account_id=names[i % CUSTOMERS],
            payee_account_id="shop",
            amount=PRICE,
        )
        for i, order_id in enumerate(orders)
    )
    return orders


async def _all(calls: Iterable[Awaitable[object]]) -> float:
    """Seconds that all calls took, `IN_FLIGHT` at a time."""
    waiting = iter(calls)
    start = time.perf_counter()

    async def one_after_the_other() -> None:
        for call in waiting:
            await call

    await asyncio.gather(*(one_after_the_other() for _ in range(IN_FLIGHT)))
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
