"""Orders, as order_service has them."""

from collections.abc import AsyncIterator, Iterable

from payonce.client._async.items import items
from payonce.client.bases import AsyncBase
from payonce.order.v1.order_pb2 import Order, OrderStatus
from payonce.order.v1.order_service_pb2 import (
    BatchGetOrdersRequest,
    CancelOrderRequest,
    CreateOrderRequest,
    GetOrderRequest,
    ListOrdersRequest,
    ListOrdersResponse,
)
from payonce.type.v1.money_pb2 import Money


class Orders(AsyncBase):
    """Make orders, read them, cancel them."""

    async def create_order(
        self,
        *,
        order_id: str,
        customer_id: str,
        payer_account_id: str,
        payee_account_id: str,
        amount: Money,
        description: str = "",
        merchant_id: str = "",
        within_s: float = 60.0,
    ) -> Order:
        """Make an UNPAID order; the same content again is the same order, as it stands.

        Args:
            order_id: Chosen by the caller; 1 to 64 of [A-Za-z0-9._~-].
            customer_id: Who ordered.
            payer_account_id: The customer's account that will be debited.
            payee_account_id: The merchant's account that will be credited.
            amount: What it costs.
            description: For people.
            merchant_id: Whose order it is. A merchant who calls is its merchant anyway.
            within_s: Ask again for so many seconds.

        Raises:
            AlreadyExists: The id is taken by other content.
            InvalidRequest: A field is not as documented.
            Unavailable: No answer in time; ask again.
        """
        request = CreateOrderRequest(
            order_id=order_id,
            customer_id=customer_id,
            payer_account_id=payer_account_id,
            payee_account_id=payee_account_id,
            amount=amount,
            description=description,
            merchant_id=merchant_id,
        )
        return (await self._send(lambda to: to.orders.CreateOrder, request, within_s=within_s)).message

    async def get_order(self, order_id: str) -> Order:
        """Read one order.

        Raises:
            NotFound: There is none, or it is somebody else's.
        """
        return (await self._send(lambda to: to.orders.GetOrder, GetOrderRequest(order_id=order_id))).message

    async def batch_get_orders(self, order_ids: Iterable[str]) -> list[Order]:
        """Read up to 1,000 orders, in the order asked for; one that does not exist is left out."""
        request = BatchGetOrdersRequest(order_ids=order_ids)
        return list((await self._send(lambda to: to.orders.BatchGetOrders, request)).message.orders)

    async def list_orders(
        self,
        *,
        customer_id: str = "",
        payee_account_id: str = "",
        merchant_id: str = "",
        status: OrderStatus.ValueType = OrderStatus.ORDER_STATUS_UNSPECIFIED,
        page_size: int = 0,
        page_token: str = "",
    ) -> ListOrdersResponse:
        """Read one page of orders, newest first; what is empty or unspecified does not narrow them.

        Args:
            customer_id: Only this customer's.
            payee_account_id: Only those that are paid to this account.
            merchant_id: Only this merchant's.
            status: Only those that stand there.
            page_size: How many at most; 0 means 50, more than 1,000 means 1,000.
            page_token: `next_page_token` of the page before, of the same question.
        """
        request = ListOrdersRequest(
            customer_id=customer_id,
            payee_account_id=payee_account_id,
            merchant_id=merchant_id,
            status=status,
            page_size=page_size,
            page_token=page_token,
        )
        return (await self._send(lambda to: to.orders.ListOrders, request)).message

    def iter_orders(
        self,
        *,
        customer_id: str = "",
        payee_account_id: str = "",
        merchant_id: str = "",
        status: OrderStatus.ValueType = OrderStatus.ORDER_STATUS_UNSPECIFIED,
        page_size: int = 0,
    ) -> AsyncIterator[Order]:
        """All orders that `list_orders` has, page by page as they are wanted."""
        return items(
            lambda token: self.list_orders(
                customer_id=customer_id,
                payee_account_id=payee_account_id,
                merchant_id=merchant_id,
                status=status,
                page_size=page_size,
                page_token=token,
            ),
            lambda page: page.orders,
        )

    async def cancel_order(self, order_id: str, *, within_s: float = 60.0) -> Order:
        """Cancel an UNPAID order; CANCELLED again is the same order.

        Raises:
            OrderAlreadyPaid: Refund or reverse its payment instead.
            OrderRefunded: It was paid and given back.
            NotFound: There is none, or it is somebody else's.
            Unavailable: No answer in time; ask again.
        """
        request = CancelOrderRequest(order_id=order_id)
        return (await self._send(lambda to: to.orders.CancelOrder, request, within_s=within_s)).message
