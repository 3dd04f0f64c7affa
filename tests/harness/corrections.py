"""Tickets, refunds, reversals, authorizations: each RPC as one short call."""

import uuid
from typing import TYPE_CHECKING, Any

from payonce.payment.v1 import (
    account_pb2,
    authorization_pb2,
    history_pb2,
    payment_pb2,
    payment_service_pb2,
    refund_pb2,
    ticket_pb2,
)
from tests.harness.money import TIMEOUT_S, money
from tests.harness.stubs import Stubs

if TYPE_CHECKING:  # a class that can't be subscripted at run time
    from grpc.aio import UnaryUnaryCall

NEVER = str(uuid.UUID(int=7))  # a payment that does not exist


async def ticket(
    stubs: Stubs, payer: str, payee: str = "", amount: int = 0, currency: str = "EUR", *, ttl_s: int = 0
) -> str:
    """A new ticket; payee and amount stay open when not given."""
    request = ticket_pb2.CreateTicketRequest(
        payer_account_id=payer,
        payee_account_id=payee,
        amount=money(amount, currency) if amount else None,
        ttl_seconds=ttl_s,
    )
    return (await stubs.payments.CreateTicket(request, timeout=TIMEOUT_S)).ticket


def pay_order(stubs: Stubs, order_id: str) -> "UnaryUnaryCall[Any, payment_service_pb2.PayOrderResponse]":
    request = payment_service_pb2.PayOrderRequest(order_id=order_id)
    return stubs.payments.PayOrder(request, timeout=TIMEOUT_S)


def use(
    stubs: Stubs, ticket_id: str, payee: str, amount: int, currency: str = "EUR"
) -> "UnaryUnaryCall[Any, ticket_pb2.PayWithTicketResponse]":
    request = ticket_pb2.PayWithTicketRequest(ticket=ticket_id, payee_account_id=payee, amount=money(amount, currency))
    return stubs.payments.PayWithTicket(request, timeout=TIMEOUT_S)


def refund(
    stubs: Stubs, payment_id: str, amount: int, request_id: str, *, reason: str = "", currency: str = "EUR"
) -> "UnaryUnaryCall[Any, refund_pb2.RefundPaymentResponse]":
    request = refund_pb2.RefundPaymentRequest(
        payment_id=payment_id, amount=money(amount, currency), request_id=request_id, reason=reason
    )
    return stubs.payments.RefundPayment(request, timeout=TIMEOUT_S)


def reverse(
    stubs: Stubs, *, reason: str = "", **subject: str
) -> "UnaryUnaryCall[Any, refund_pb2.ReversePaymentResponse]":
    """By `order_id=`, `ticket=` or `payment_id=`."""
    request = refund_pb2.ReversePaymentRequest(reason=reason, **subject)
    return stubs.payments.ReversePayment(request, timeout=TIMEOUT_S)


def authorize(stubs: Stubs, order_id: str) -> "UnaryUnaryCall[Any, authorization_pb2.AuthorizePaymentResponse]":
    request = authorization_pb2.AuthorizePaymentRequest(order_id=order_id)
    return stubs.payments.AuthorizePayment(request, timeout=TIMEOUT_S)


def capture(
    stubs: Stubs, payment_id: str, amount: int = 0, currency: str = "EUR"
) -> "UnaryUnaryCall[Any, authorization_pb2.CapturePaymentResponse]":
    """All of it when no amount is given."""
    asked = money(amount, currency) if amount else None
    request = authorization_pb2.CapturePaymentRequest(payment_id=payment_id, amount=asked)
    return stubs.payments.CapturePayment(request, timeout=TIMEOUT_S)


def void(
    stubs: Stubs, payment_id: str, *, reason: str = ""
) -> "UnaryUnaryCall[Any, authorization_pb2.VoidAuthorizationResponse]":
    request = authorization_pb2.VoidAuthorizationRequest(payment_id=payment_id, reason=reason)
    return stubs.payments.VoidAuthorization(request, timeout=TIMEOUT_S)


def withdraw(
    stubs: Stubs, account: str, amount: int, request_id: str, currency: str = "EUR"
) -> "UnaryUnaryCall[Any, account_pb2.WithdrawResponse]":
    request = account_pb2.WithdrawRequest(account_id=account, amount=money(amount, currency), request_id=request_id)
    return stubs.payments.Withdraw(request, timeout=TIMEOUT_S)


async def payment(stubs: Stubs, payment_id: str) -> payment_pb2.Payment:
    request = payment_service_pb2.GetPaymentRequest(payment_id=payment_id)
    return await stubs.payments.GetPayment(request, timeout=TIMEOUT_S)


async def lookup(stubs: Stubs, **subject: str) -> payment_service_pb2.LookupPaymentResponse:
    """By `order_id=` or `ticket=`."""
    request = payment_service_pb2.LookupPaymentRequest(**subject)
    return await stubs.payments.LookupPayment(request, timeout=TIMEOUT_S)


async def explain(stubs: Stubs, **subject: str) -> history_pb2.ExplainPaymentResponse:
    """By `order_id=`, `ticket=` or `payment_id=`."""
    request = history_pb2.ExplainPaymentRequest(**subject)
    return await stubs.payments.ExplainPayment(request, timeout=TIMEOUT_S)


async def available(stubs: Stubs, account: str) -> int:
    request = account_pb2.GetAccountRequest(account_id=account)
    found = await stubs.payments.GetAccount(request, timeout=TIMEOUT_S)
    return found.available_balance.minor_units
