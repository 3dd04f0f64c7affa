"""The load of `payonce bench`: orders are made, paid, and paid again; and then the books are asked."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn

from payonce.cli.say import Say
from payonce.client import AsyncClient, PaidOrder
from payonce.payment.v1.account_pb2 import AccountKind, TransferKind
from payonce.type.v1.money_pb2 import Money
from shared.ids import new_id

CUSTOMERS = 16
PRICE_MINOR = 100
COLUMNS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())


@dataclass(frozen=True, slots=True)
class Load:
    """So many payments, so many calls under way at a time, on accounts that no other run has."""

    payments: int
    at_once: int
    currency: str
    run: str = field(default_factory=lambda: f"bench-{new_id().hex[:20]}")

    @property
    def shop(self) -> str:
        """The merchant's account."""
        return f"{self.run}-shop"

    @property
    def customers(self) -> list[str]:
        """The customers' accounts."""
        return [f"{self.run}-customer-{i}" for i in range(CUSTOMERS)]

    @property
    def orders(self) -> list[str]:
        """The orders' ids."""
        return [f"{self.run}-{i}" for i in range(self.payments)]

    def money(self, minor_units: int) -> Money:
        """In the run's currency."""
        return Money(currency_code=self.currency, minor_units=minor_units)


class Timed(NamedTuple):
    """What calls answered, how long each of them took, and how long all of them; seconds."""

    answers: list[Any]
    took_s: list[float]
    all_s: float

    def figures(self, name: str) -> dict[str, float]:
        """Calls answered in a second; and what half of them, and 99 of 100, took at most."""
        twice = self.took_s * 2  # quantiles wants two
        percentiles = statistics.quantiles(twice, n=100, method="inclusive")
        return {
            f"{name}s_per_s": round(len(self.answers) / self.all_s, 1),
            f"{name}_p50_ms": round(percentiles[49] * 1000, 2),
            f"{name}_p99_ms": round(percentiles[98] * 1000, 2),
        }


async def measure(load: Load, environ: Mapping[str, str], say: Say) -> dict[str, Any]:
    """The figures. PayonceError when a call is refused."""
    async with AsyncClient.from_environment(environ) as client:
        await _open_accounts(client, load)
        with say.progress(*COLUMNS) as progress:

            async def each(what: str, call: Callable[[str], Awaitable[Any]]) -> Timed:
                bar = progress.add_task(what, total=load.payments)
                return await _timed(load, call, lambda: progress.advance(bar))

            await each("ordering", lambda order_id: _order(client, load, order_id))
            paid = await each("paying", client.pay_order)
            again = await each("paying again", client.pay_order)
        charges = await _charges(client, load.shop)
    return {
        "payments": len(paid.answers),
        "at_once": load.at_once,
        **paid.figures("payment"),
        "replays": _replays(paid.answers, again.answers),
        **again.figures("replay"),
        "charges": charges,
        "merchant_account": load.shop,
    }


async def _open_accounts(client: AsyncClient, load: Load) -> None:
    merchant, customer = AccountKind.ACCOUNT_KIND_MERCHANT, AccountKind.ACCOUNT_KIND_CUSTOMER
    await client.create_account(load.shop, currency_code=load.currency, kind=merchant)
    for name in load.customers:
        await client.create_account(name, currency_code=load.currency, kind=customer)
        await client.deposit(name, load.money(load.payments * PRICE_MINOR))


async def _order(client: AsyncClient, load: Load, order_id: str) -> None:
    payer = load.customers[int(order_id.rpartition("-")[2]) % CUSTOMERS]
    await client.create_order(
        order_id=order_id,
        customer_id=payer,
        payer_account_id=payer,
        payee_account_id=load.shop,
        amount=load.money(PRICE_MINOR),
    )


async def _timed(load: Load, call: Callable[[str], Awaitable[Any]], told: Callable[[], object]) -> Timed:
    """One call for each order, by workers who take the next one when they have an answer. Answers are in this order."""
    orders = load.orders
    answers: list[Any] = [None] * len(orders)
    took_s = [0.0] * len(orders)
    left = iter(enumerate(orders))

    async def worker() -> None:
        for i, order_id in left:
            began = time.perf_counter()
            answers[i] = await call(order_id)
            took_s[i] = time.perf_counter() - began
            told()

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(load.at_once)))
    return Timed(answers, took_s, time.perf_counter() - began)


def _replays(first: Sequence[PaidOrder], second: Sequence[PaidOrder]) -> int:
    """How many were answered with the payment of the first time, and said so."""
    return sum(
        again.replayed and again.payment.payment_id == paid.payment.payment_id
        for paid, again in zip(first, second, strict=True)
    )


async def _charges(client: AsyncClient, account_id: str) -> int:
    """How often it was paid, as its statement has it."""
    entries = client.iter_entries(account_id, page_size=1000)
    return sum([entry.kind == TransferKind.TRANSFER_KIND_CHARGE async for entry in entries])
