"""People with money, and what they ordered. Everything is sent until it is answered, except by `…_once`."""

import asyncio
from collections.abc import Awaitable
from typing import TypeAlias

import grpc

from payonce.order.v1 import order_pb2, order_service_pb2
from payonce.payment.v1 import account_pb2, payment_service_pb2
from payonce.type.v1.money_pb2 import Money
from tests.harness.answers import replayed
from tests.harness.retries import PATIENCE_S, retried
from tests.harness.stubs import Stubs

TIMEOUT_S = 20.0
PayOrderCall: TypeAlias = (
    "grpc.aio.UnaryUnaryCall[payment_service_pb2.PayOrderRequest, payment_service_pb2.PayOrderResponse]"
)


def money(minor_units: int, currency: str = "EUR") -> Money:
    return Money(currency_code=currency, minor_units=minor_units)


async def seed(
    stubs: Stubs, customer: str = "alice", merchant: str = "shop", deposit: int = 10_000, currency: str = "EUR"
) -> None:
    """A customer with `deposit` in the account (none when 0), and a merchant. Owner and account ids are the same."""
    for name, kind in (
        (customer, account_pb2.ACCOUNT_KIND_CUSTOMER),
        (merchant, account_pb2.ACCOUNT_KIND_MERCHANT),
    ):
        request = account_pb2.CreateAccountRequest(account_id=name, owner_id=name, currency_code=currency, kind=kind)
        await create_account(stubs, request)
    if deposit:
        await put(stubs, customer, deposit, currency, request_id=f"seed-{customer}")


async def create_account(stubs: Stubs, request: account_pb2.CreateAccountRequest) -> None:
    await retried(lambda: stubs.payments.CreateAccount(request, timeout=TIMEOUT_S, wait_for_ready=True))


async def put(stubs: Stubs, account: str, amount: int, currency: str = "EUR", *, request_id: str) -> None:
    """A deposit."""
    await retried(lambda: put_once(stubs, account, amount, currency, request_id=request_id))


def put_once(
    stubs: Stubs, account: str, amount: int, currency: str = "EUR", *, request_id: str
) -> Awaitable[account_pb2.DepositResponse]:
    """One request, whatever comes of it."""
    request = account_pb2.DepositRequest(account_id=account, amount=money(amount, currency), request_id=request_id)
    return stubs.payments.Deposit(request, timeout=TIMEOUT_S)


async def order(
    stubs: Stubs,
    order_id: str,
    amount: int = 1_000,
    *,
    customer: str = "alice",
    merchant: str = "shop",
    currency: str = "EUR",
) -> order_pb2.Order:
    request = order_service_pb2.CreateOrderRequest(
        order_id=order_id,
        customer_id=customer,
        payer_account_id=customer,
        payee_account_id=merchant,
        amount=money(amount, currency),
        description="one of a test",
    )
    return await retried(lambda: stubs.orders.CreateOrder(request, timeout=TIMEOUT_S, wait_for_ready=True))


async def orders(stubs: Stubs, count: int, amount: int = 1_000, *, prefix: str = "order") -> list[str]:
    """Many orders at once; their ids."""
    ids = [f"{prefix}-{i}" for i in range(count)]
    await asyncio.gather(*(order(stubs, order_id, amount) for order_id in ids))
    return ids


async def balance(stubs: Stubs, account: str) -> int:
    request = account_pb2.GetAccountRequest(account_id=account)
    found = await retried(lambda: stubs.payments.GetAccount(request, timeout=TIMEOUT_S))
    return found.balance.minor_units


async def pay(stubs: Stubs, order_id: str) -> payment_service_pb2.PayOrderResponse:
    """Pay as callers do: again while the answer is "send it again"."""
    return (await pay_marked(stubs, order_id))[0]


async def pay_marked(
    stubs: Stubs, order_id: str, expected: Money | None = None
) -> tuple[payment_service_pb2.PayOrderResponse, bool]:
    """The same, and whether the answer was marked as a replay."""

    async def send() -> tuple[payment_service_pb2.PayOrderResponse, bool]:
        call = pay_once(stubs, order_id, expected)
        return await call, await replayed(call)

    return await retried(send)


async def pay_confirmed(stubs: Stubs, order_id: str) -> payment_service_pb2.PayOrderResponse:
    """Pay, and ask until the order is known to be flipped: on a busy machine one flip may miss its deadline."""
    async with asyncio.timeout(PATIENCE_S):
        while not (answer := await pay(stubs, order_id)).order_confirmed:
            await asyncio.sleep(0.05)
    return answer


def pay_once(stubs: Stubs, order_id: str, expected: Money | None = None) -> PayOrderCall:
    """One request, whatever comes of it."""
    request = payment_service_pb2.PayOrderRequest(order_id=order_id, expected_amount=expected)
    return stubs.payments.PayOrder(request, timeout=TIMEOUT_S)


async def status(stubs: Stubs, order_id: str) -> order_pb2.OrderStatus.ValueType:
    request = order_service_pb2.GetOrderRequest(order_id=order_id)
    found = await retried(lambda: stubs.orders.GetOrder(request, timeout=TIMEOUT_S, wait_for_ready=True))
    return found.status
