"""Something of everything: payments, tickets, refunds, reversals, authorizations, in every state of rest."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import grpc
import pytest

from payonce.payment.v1 import account_pb2, authorization_pb2, refund_pb2, ticket_pb2
from tests.harness.money import TIMEOUT_S, money, order, pay, put, seed
from tests.harness.postgres import Pair, rows
from tests.harness.stubs import Stubs

SEALED = """
    SELECT (SELECT position FROM seal_heads WHERE chain = 'transfers') = (SELECT max(position) FROM transfers)
       AND (SELECT position FROM seal_heads WHERE chain = 'history') = (SELECT max(position) FROM history)
"""
EXPIRED = "SELECT bool_and(expires_at <= now()) FROM tickets WHERE payer_account_id = 'alice' AND amount_minor = 77"
T = TypeVar("T")


async def sealed(pair: Pair) -> None:
    """Wait until everything is sealed."""
    async with asyncio.timeout(30):
        while not rows(pair.payments_url, SEALED)[0][0]:
            await asyncio.sleep(0.05)


async def refused(answer: Awaitable[T]) -> None:
    """The answer is a refusal, of whatever kind."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await answer
    assert caught.value.code() == grpc.StatusCode.FAILED_PRECONDITION, caught.value


class Actions:
    """What customers and merchants do; every call with a deadline."""

    def __init__(self, stubs: Stubs) -> None:
        self.stubs = stubs

    async def paid(self, order_id: str, amount: int = 1_000) -> str:
        await order(self.stubs, order_id, amount)
        return (await pay(self.stubs, order_id)).payment.payment_id

    async def authorized(self, order_id: str, amount: int = 1_000) -> str:
        await order(self.stubs, order_id, amount)
        request = authorization_pb2.AuthorizePaymentRequest(order_id=order_id)
        return (await self.stubs.payments.AuthorizePayment(request, timeout=TIMEOUT_S)).payment.payment_id

    async def capture(self, payment_id: str, amount: int) -> None:
        request = authorization_pb2.CapturePaymentRequest(payment_id=payment_id, amount=money(amount))
        await self.stubs.payments.CapturePayment(request, timeout=TIMEOUT_S)

    async def void(self, payment_id: str) -> None:
        request = authorization_pb2.VoidAuthorizationRequest(payment_id=payment_id, reason="not wanted")
        await self.stubs.payments.VoidAuthorization(request, timeout=TIMEOUT_S)

    async def refund(self, payment_id: str, amount: int, request_id: str) -> None:
        request = refund_pb2.RefundPaymentRequest(
            payment_id=payment_id, amount=money(amount), request_id=request_id, reason="came broken"
        )
        await self.stubs.payments.RefundPayment(request, timeout=TIMEOUT_S)

    async def reverse(self, **subject: str) -> None:
        request = refund_pb2.ReversePaymentRequest(reason="asked for", **subject)
        await self.stubs.payments.ReversePayment(request, timeout=TIMEOUT_S)

    async def ticket(self, amount: int | None = None, *, payee: str = "", ttl_s: int = 0) -> str:
        request = ticket_pb2.CreateTicketRequest(payer_account_id="alice", payee_account_id=payee, ttl_seconds=ttl_s)
        if amount is not None:
            request.amount.CopyFrom(money(amount))
        return (await self.stubs.payments.CreateTicket(request, timeout=TIMEOUT_S)).ticket

    async def use(self, ticket: str, amount: int) -> str:
        request = ticket_pb2.PayWithTicketRequest(ticket=ticket, payee_account_id="shop", amount=money(amount))
        return (await self.stubs.payments.PayWithTicket(request, timeout=TIMEOUT_S)).payment.payment_id

    async def withdraw(self, account: str, amount: int, request_id: str) -> None:
        request = account_pb2.WithdrawRequest(account_id=account, amount=money(amount), request_id=request_id)
        await self.stubs.payments.Withdraw(request, timeout=TIMEOUT_S)


async def build(stubs: Stubs, pair: Pair) -> None:
    """The whole, sealed in at least two blocks of each chain."""
    act = Actions(stubs)
    await seed(stubs, deposit=50_000)
    await seed(stubs, customer="poor", deposit=10)
    await _orders(act)
    await sealed(pair)
    await put(stubs, "alice", 500, request_id="again")
    await act.withdraw("alice", 200, "out")
    await _way_back(act)
    await _tickets(act, pair)
    await sealed(pair)


async def _orders(act: Actions) -> None:
    await act.paid("o-paid")
    await act.paid("o-paid-too", 300)
    await order(act.stubs, "o-unpaid")
    await order(act.stubs, "o-poor", customer="poor")
    await refused(pay(act.stubs, "o-poor"))
    await act.authorized("o-held")
    await act.capture(await act.authorized("o-captured"), 700)


async def _way_back(act: Actions) -> None:
    await act.refund(await act.paid("o-part"), 400, "part")
    whole = await act.paid("o-whole")
    await act.refund(whole, 400, "whole-1")
    await act.refund(whole, 600, "whole-2")
    await act.paid("o-reversed")
    await act.reverse(order_id="o-reversed")
    await act.void(await act.authorized("o-voided"))
    await order(act.stubs, "o-forbidden")
    await act.reverse(order_id="o-forbidden")
    await refused(pay(act.stubs, "o-forbidden"))


async def _tickets(act: Actions, pair: Pair) -> None:
    await act.ticket()
    used = await act.ticket(250, payee="shop")
    await act.use(used, 250)
    await act.use(await act.ticket(), 150)
    back = await act.ticket()
    await act.use(back, 350)
    await act.reverse(ticket=back)
    await act.reverse(ticket=await act.ticket(99))
    late = await act.ticket(77, ttl_s=1)
    async with asyncio.timeout(30):
        while not rows(pair.payments_url, EXPIRED)[0][0]:
            await asyncio.sleep(0.05)
    await refused(act.use(late, 77))
