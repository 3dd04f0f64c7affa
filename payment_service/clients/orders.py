"""order_service as this service sees it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias, TypeVar
from uuid import UUID

import grpc
import structlog

from payment_service.domain.charges import Order, OrderStatus, Verdict
from payonce.order.v1 import order_pb2, order_service_pb2, order_service_pb2_grpc
from shared.errors import PayonceError, Reason
from shared.failpoints import failpoint, failpoint_during
from shared.money import Money
from shared.rpc.client import Link, channel
from shared.rpc.tls import TlsFiles

I = TypeVar("I")  # noqa: E741 - I for item, A for answer
A = TypeVar("A")
Pair: TypeAlias = tuple[str, UUID]
Answer: TypeAlias = tuple[Verdict, OrderStatus | None]
STATUS = {
    order_pb2.ORDER_STATUS_UNPAID: OrderStatus.UNPAID,
    order_pb2.ORDER_STATUS_PAID: OrderStatus.PAID,
    order_pb2.ORDER_STATUS_CANCELLED: OrderStatus.CANCELLED,
    order_pb2.ORDER_STATUS_REFUNDED: OrderStatus.REFUNDED,
}
VERDICT = {
    order_service_pb2.VERDICT_DONE: Verdict.DONE,
    order_service_pb2.VERDICT_ALREADY_DONE: Verdict.DONE,
    order_service_pb2.VERDICT_REFUSED: Verdict.REFUSED,
}
# It is not there, has no time, or does not know us. With any other error it choked on what was asked, and half of that
# may go through.
NOT_THERE = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED,
}
log = structlog.get_logger()


class OrdersClient:
    """One call for a whole batch. A call that fails says nothing about what it did: it is asked again."""

    def __init__(self, address: str, *, timeout_s: float, tls: TlsFiles | None = None, name: str = "") -> None:
        service = order_service_pb2.DESCRIPTOR.services_by_name["OrderService"].full_name

        def connect(credentials: grpc.ChannelCredentials | None) -> grpc.aio.Channel:
            return channel(
                address, [service], timeout_s=timeout_s, attempts=3, credentials=credentials, server_name=name
            )

        self._link = Link(connect, order_service_pb2_grpc.OrderServiceStub, tls, grace_s=timeout_s)

    async def batch_get(self, order_ids: Sequence[str]) -> dict[str, Order]:
        """The orders that exist. Raises ORDER_SERVICE_UNAVAILABLE when it can't tell of some."""

        async def ask(ids: Sequence[str]) -> list[Order | None]:
            response = await self._link.stub().BatchGetOrders(order_service_pb2.BatchGetOrdersRequest(order_ids=ids))
            found = {order.order_id: order for order in map(_order, response.orders)}
            return [found.get(order_id) for order_id in ids]

        answers = await _each_answered(ask, order_ids)
        if len(answers) < len(order_ids):
            raise unavailable("nothing moved")
        return {order_id: order for order_id, order in answers.items() if order is not None}

    async def mark_paid(self, pairs: Sequence[Pair]) -> list[Answer]:
        """A verdict, and the status found, for each (order, payment)."""

        async def ask(some: Sequence[Pair]) -> list[Answer]:
            request = order_service_pb2.MarkOrdersPaidRequest(payments=map(_pair, some))
            return _answers((await self._link.stub().MarkOrdersPaid(request)).verdicts)

        answers = await failpoint_during("mark_orders_paid_sent", _each_answered(ask, pairs))
        failpoint("mark_orders_paid_returned")
        return [answers.get(pair, (Verdict.UNKNOWN, None)) for pair in pairs]

    async def mark_refunded(self, pairs: Sequence[Pair]) -> list[Answer]:
        """A verdict, and the status found, for each (order, payment) whose money is to go back."""

        async def ask(some: Sequence[Pair]) -> list[Answer]:
            request = order_service_pb2.MarkOrdersRefundedRequest(payments=map(_pair, some))
            return _answers((await self._link.stub().MarkOrdersRefunded(request)).verdicts)

        answers = await failpoint_during("mark_orders_refunded_sent", _each_answered(ask, pairs))
        failpoint("mark_orders_refunded_returned")
        return [answers.get(pair, (Verdict.UNKNOWN, None)) for pair in pairs]

    async def close(self) -> None:
        """Close what is open."""
        await self._link.close()


def unavailable(what: str) -> PayonceError:
    """The answer when order_service can't be asked."""
    text = f"The order service can't be reached; {what}."
    return PayonceError(Reason.ORDER_SERVICE_UNAVAILABLE, text, retry_after_s=0.5)


async def _each_answered(ask: Callable[[Sequence[I]], Awaitable[Sequence[A]]], items: Sequence[I]) -> dict[I, A]:
    """The answers that can be had. One item that the peer chokes on never costs its neighbours theirs."""
    try:
        return dict(zip(items, await ask(items), strict=True))
    except grpc.aio.AioRpcError as error:
        log.warning("orders.no_answer", items=len(items), code=error.code().name)
        if error.code() in NOT_THERE or len(items) == 1:
            return {}
    middle = len(items) // 2
    return {**await _each_answered(ask, items[:middle]), **await _each_answered(ask, items[middle:])}


def _pair(pair: Pair) -> order_service_pb2.OrderPayment:
    return order_service_pb2.OrderPayment(order_id=pair[0], payment_id=str(pair[1]))


def _answers(verdicts: Sequence[order_service_pb2.OrderVerdict]) -> list[Answer]:
    return [(VERDICT.get(v.verdict, Verdict.UNKNOWN), STATUS.get(v.status)) for v in verdicts]


def _order(order: order_pb2.Order) -> Order:
    money, payment_id = order.amount, order.payment_id
    return Order(
        order.order_id,
        order.customer_id,
        order.payer_account_id,
        order.payee_account_id,
        Money(money.currency_code, money.minor_units),
        STATUS[order.status],
        UUID(payment_id) if payment_id else None,
    )
