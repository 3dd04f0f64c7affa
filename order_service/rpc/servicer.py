"""OrderService: each method checks its request, calls one use case, and renders the result."""

from datetime import datetime

from order_service.domain.orders import Flip, Order
from order_service.rpc.messages import content_of, order_message, verdict_message
from order_service.usecases.orders import Orders
from payonce.order.v1 import order_pb2, order_service_pb2, order_service_pb2_grpc
from shared.checks import Checks
from shared.paging import decode_token, encode_token, page_size
from shared.rpc.interceptor import Context, mark_replayed

BATCH_LIMIT = 1000


class OrderServicer(order_service_pb2_grpc.OrderServiceServicer):
    """The RPCs; meaning, idempotency and errors are documented in `order_service.proto`."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    async def CreateOrder(self, request: order_service_pb2.CreateOrderRequest, context: Context) -> order_pb2.Order:
        order, replayed = await self._orders.create(content_of(request))
        mark_replayed(context, replayed)
        return order_message(order)

    async def GetOrder(self, request: order_service_pb2.GetOrderRequest, context: Context) -> order_pb2.Order:
        return order_message(await self._orders.get(_order_id(request.order_id)))

    async def BatchGetOrders(
        self, request: order_service_pb2.BatchGetOrdersRequest, context: Context
    ) -> order_service_pb2.BatchGetOrdersResponse:
        checks = Checks()
        checks.size("order_ids", len(request.order_ids), BATCH_LIMIT)
        checks.done()
        for i, order_id in enumerate(request.order_ids):
            checks.client_id(f"order_ids[{i}]", order_id)
        checks.done()
        found = await self._orders.batch_get(request.order_ids)
        return order_service_pb2.BatchGetOrdersResponse(orders=map(order_message, found))

    async def ListOrders(
        self, request: order_service_pb2.ListOrdersRequest, context: Context
    ) -> order_service_pb2.ListOrdersResponse:
        checks = Checks()
        size = page_size(checks, request.page_size)
        before = _position(checks, request.page_token)
        if request.customer_id:
            checks.client_id("customer_id", request.customer_id)
        checks.done()
        found = await self._orders.newest(customer_id=request.customer_id, before=before, limit=size + 1)
        page, more = found[:size], found[size:]
        token = _token(page[-1]) if more else ""
        return order_service_pb2.ListOrdersResponse(orders=map(order_message, page), next_page_token=token)

    async def CancelOrder(self, request: order_service_pb2.CancelOrderRequest, context: Context) -> order_pb2.Order:
        order, replayed = await self._orders.cancel(_order_id(request.order_id))
        mark_replayed(context, replayed)
        return order_message(order)

    async def MarkOrdersPaid(
        self, request: order_service_pb2.MarkOrdersPaidRequest, context: Context
    ) -> order_service_pb2.MarkOrdersPaidResponse:
        checks = Checks()
        checks.size("payments", len(request.payments), BATCH_LIMIT)
        checks.done()
        flips = [
            Flip(
                checks.client_id(f"payments[{i}].order_id", pair.order_id),
                checks.uuid(f"payments[{i}].payment_id", pair.payment_id),
            )
            for i, pair in enumerate(request.payments)
        ]
        checks.done()
        verdicts = await self._orders.mark_paid(flips)
        return order_service_pb2.MarkOrdersPaidResponse(verdicts=map(verdict_message, verdicts))


def _order_id(value: str) -> str:
    checks = Checks()
    checks.client_id("order_id", value)
    checks.done()
    return value


def _token(last: Order) -> str:
    return encode_token(last.created_at.isoformat(), last.content.order_id)


def _position(checks: Checks, token: str) -> tuple[datetime, str] | None:
    position = decode_token(checks, token, (str, str))
    if position is None:
        return None
    try:
        moment: datetime | None = datetime.fromisoformat(str(position[0]))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        checks.fail("page_token", "must be a next_page_token that this method returned")
        return None
    return moment, checks.client_id("page_token", str(position[1]))
