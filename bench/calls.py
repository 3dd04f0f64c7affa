"""What one call of each kind is. Each checks its answer: a refusal is no throughput."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import grpc

from bench.shop import CURRENCY, PRICE_MINOR, merchant_of, order_id, ticket
from payonce.payment.v1 import batch_pb2, payment_pb2, payment_service_pb2, payment_service_pb2_grpc, refund_pb2
from payonce.payment.v1.ticket_pb2 import PayWithTicketRequest
from payonce.type.v1.money_pb2 import Money

ECHO = "bench.Echo"
ECHO_METHOD = "Echo"
BATCH_SIZE = 1_000
SERVICES = [ECHO, payment_service_pb2.DESCRIPTOR.services_by_name["PaymentService"].full_name]
Call: TypeAlias = Callable[[Any], Awaitable[None]]
SUCCEEDED = payment_pb2.PAYMENT_STATE_SUCCEEDED


def caller(channel: grpc.aio.Channel, kind: str, series: str) -> Call:
    """A function that makes the call for an item: a number of the series, or an id."""
    return _KINDS[kind](channel, series)


def _echo(channel: grpc.aio.Channel, series: str) -> Call:
    """PayOrder's request there and back, so that messages cost the same."""
    method = channel.unary_unary(
        f"/{ECHO}/{ECHO_METHOD}",
        request_serializer=payment_service_pb2.PayOrderRequest.SerializeToString,
        response_deserializer=payment_service_pb2.PayOrderRequest.FromString,
    )

    async def call(n: int) -> None:
        await method(payment_service_pb2.PayOrderRequest(order_id=order_id(series, n)))

    return call


def _pay(channel: grpc.aio.Channel, series: str) -> Call:
    stub: Any = payment_service_pb2_grpc.PaymentServiceStub(channel)

    async def call(n: int) -> None:
        response = await stub.PayOrder(payment_service_pb2.PayOrderRequest(order_id=order_id(series, n)))
        _require_success(response.payment)

    return call


def _pay_batch(channel: grpc.aio.Channel, series: str) -> Call:
    stub: Any = payment_service_pb2_grpc.PaymentServiceStub(channel)

    async def call(n: int) -> None:
        orders = [batch_pb2.OrderToPay(order_id=order_id(series, n + i)) for i in range(BATCH_SIZE)]
        response = await stub.BatchPayOrders(batch_pb2.BatchPayOrdersRequest(orders=orders))
        for outcome in response.outcomes:
            _require_success(outcome.payment)

    return call


def _ticket(channel: grpc.aio.Channel, _: str) -> Call:
    stub: Any = payment_service_pb2_grpc.PaymentServiceStub(channel)
    amount = Money(currency_code=CURRENCY, minor_units=PRICE_MINOR)

    async def call(n: int) -> None:
        request = PayWithTicketRequest(ticket=ticket(n), payee_account_id=merchant_of(n), amount=amount)
        _require_success((await stub.PayWithTicket(request)).payment)

    return call


def _refund(channel: grpc.aio.Channel, _: str) -> Call:
    """In full: the intent, the order, the money."""
    stub: Any = payment_service_pb2_grpc.PaymentServiceStub(channel)
    amount = Money(currency_code=CURRENCY, minor_units=PRICE_MINOR)

    async def call(payment_id: str) -> None:
        await stub.RefundPayment(
            refund_pb2.RefundPaymentRequest(payment_id=payment_id, amount=amount, request_id=payment_id)
        )

    return call


def _require_success(payment: payment_pb2.Payment) -> None:
    if payment.state != SUCCEEDED:
        raise RuntimeError(f"not paid: {payment}")


_KINDS = {"echo": _echo, "pay": _pay, "pay_batch": _pay_batch, "ticket": _ticket, "refund": _refund}
