"""order_service as this service sees it."""

from collections.abc import Awaitable, Sequence
from typing import TypeVar
from uuid import UUID

import grpc

from payment_service.domain.payments import Order, OrderStatus, Verdict
from payonce.order.v1 import order_pb2, order_service_pb2, order_service_pb2_grpc
from shared.errors import PayonceError, Reason
from shared.failpoints import failpoint, failpoint_during
from shared.money import Money
from shared.rpc.client import channel

T = TypeVar("T")
STATUS = {
    order_pb2.ORDER_STATUS_UNPAID: OrderStatus.UNPAID,
    order_pb2.ORDER_STATUS_PAID: OrderStatus.PAID,
    order_pb2.ORDER_STATUS_CANCELLED: OrderStatus.CANCELLED,
    order_pb2.ORDER_STATUS_REFUNDED: OrderStatus.REFUNDED,
}
VERDICT = {
    order_service_pb2.VERDICT_DONE: Verdict.CONFIRMED,
    order_service_pb2.VERDICT_ALREADY_DONE: Verdict.CONFIRMED,
    order_service_pb2.VERDICT_REFUSED: Verdict.REFUSED,
}
# After these, whether the call did anything is unknown; it is asked again.
UNKNOWN_OUTCOME = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.ABORTED,
}


class OrdersClient:
    """BatchGetOrders and MarkOrdersPaid: one call for a whole batch."""

    def __init__(self, address: str, *, timeout_s: float = 2.0) -> None:
        service = order_service_pb2.DESCRIPTOR.services_by_name["OrderService"].full_name
        self._channel = channel(address, [service], timeout_s=timeout_s, attempts=3)
        self._stub = order_service_pb2_grpc.OrderServiceStub(self._channel)

    async def batch_get(self, order_ids: Sequence[str]) -> dict[str, Order]:
        """The orders that exist. Raises ORDER_SERVICE_UNAVAILABLE."""
        request = order_service_pb2.BatchGetOrdersRequest(order_ids=order_ids)
        response = await _answered(self._stub.BatchGetOrders(request))
        return {order.order_id: _order(order) for order in response.orders}

    async def mark_paid(self, flips: Sequence[tuple[str, UUID]]) -> list[tuple[Verdict, OrderStatus | None]]:
        """A verdict, and the status found, for each (order, payment). Raises ORDER_SERVICE_UNAVAILABLE."""
        pairs = [order_service_pb2.OrderPayment(order_id=o, payment_id=str(p)) for o, p in flips]
        request = order_service_pb2.MarkOrdersPaidRequest(payments=pairs)
        response = await failpoint_during("mark_orders_paid_sent", _answered(self._stub.MarkOrdersPaid(request)))
        failpoint("mark_orders_paid_returned")
        return [(VERDICT.get(v.verdict, Verdict.UNKNOWN), STATUS.get(v.status)) for v in response.verdicts]

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close()


async def _answered(call: Awaitable[T]) -> T:
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        if error.code() not in UNKNOWN_OUTCOME:
            raise  # order_service refused a batch that it should not have: one item's trouble, or a bug
        raise PayonceError(
            Reason.ORDER_SERVICE_UNAVAILABLE,
            "The order service can't be reached; nothing moved.",
            retry_after_s=0.5,
        ) from error


def _order(order: order_pb2.Order) -> Order:
    return Order(
        order_id=order.order_id,
        customer_id=order.customer_id,
        payer_account_id=order.payer_account_id,
        payee_account_id=order.payee_account_id,
        amount=Money(order.amount.currency_code, order.amount.minor_units),
        status=STATUS[order.status],
        payment_id=UUID(order.payment_id) if order.payment_id else None,
    )
