"""OrderService: each method checks its request, calls one use case, and renders the result."""

from order_service.rpc import requests
from order_service.rpc.messages import order_message, verdict_message
from order_service.usecases.orders import Orders
from payonce.order.v1 import order_pb2, order_service_pb2, order_service_pb2_grpc
from shared.rpc.access import caller
from shared.rpc.registrar import Context, mark_replayed


class OrderServicer(order_service_pb2_grpc.OrderServiceServicer):
    """The RPCs; meaning, idempotency and errors are documented in `order_service.proto`."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    async def CreateOrder(self, request: order_service_pb2.CreateOrderRequest, context: Context) -> order_pb2.Order:
        order, replayed = await self._orders.create(requests.content(request, caller()), caller())
        mark_replayed(context, replayed)
        return order_message(order)

    async def GetOrder(self, request: order_service_pb2.GetOrderRequest, context: Context) -> order_pb2.Order:
        return order_message(await self._orders.get(requests.order_id(request.order_id), caller()))

    async def BatchGetOrders(
        self, request: order_service_pb2.BatchGetOrdersRequest, context: Context
    ) -> order_service_pb2.BatchGetOrdersResponse:
        found = await self._orders.batch_get(requests.order_ids(request), caller())
        return order_service_pb2.BatchGetOrdersResponse(orders=map(order_message, found))

    async def ListOrders(
        self, request: order_service_pb2.ListOrdersRequest, context: Context
    ) -> order_service_pb2.ListOrdersResponse:
        wanted, page = requests.listing(request)
        found = await self._orders.newest(wanted, caller(), before=page.after, limit=page.limit)
        orders, token = page.cut(found, requests.position)
        return order_service_pb2.ListOrdersResponse(orders=map(order_message, orders), next_page_token=token)

    async def CancelOrder(self, request: order_service_pb2.CancelOrderRequest, context: Context) -> order_pb2.Order:
        order, replayed = await self._orders.cancel(requests.order_id(request.order_id), caller())
        mark_replayed(context, replayed)
        return order_message(order)

    async def MarkOrdersPaid(
        self, request: order_service_pb2.MarkOrdersPaidRequest, context: Context
    ) -> order_service_pb2.MarkOrdersPaidResponse:
        verdicts = await self._orders.mark_paid(requests.flips(request.payments))
        return order_service_pb2.MarkOrdersPaidResponse(verdicts=map(verdict_message, verdicts))

    async def MarkOrdersRefunded(
        self, request: order_service_pb2.MarkOrdersRefundedRequest, context: Context
    ) -> order_service_pb2.MarkOrdersRefundedResponse:
        verdicts = await self._orders.mark_refunded(requests.flips(request.payments))
        return order_service_pb2.MarkOrdersRefundedResponse(verdicts=map(verdict_message, verdicts))
