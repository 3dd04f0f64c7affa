"""Messages ↔ domain values."""

from order_service.domain.orders import Order, OrderStatus, OrderVerdict, Verdict
from payonce.order.v1 import order_pb2, order_service_pb2
from payonce.type.v1 import money_pb2
from shared.rpc.timestamps import timestamp

STATUS = {
    OrderStatus.UNPAID: order_pb2.ORDER_STATUS_UNPAID,
    OrderStatus.PAID: order_pb2.ORDER_STATUS_PAID,
    OrderStatus.CANCELLED: order_pb2.ORDER_STATUS_CANCELLED,
    OrderStatus.REFUNDED: order_pb2.ORDER_STATUS_REFUNDED,
    None: order_pb2.ORDER_STATUS_UNSPECIFIED,
}
VERDICT = {
    Verdict.DONE: order_service_pb2.VERDICT_DONE,
    Verdict.ALREADY_DONE: order_service_pb2.VERDICT_ALREADY_DONE,
    Verdict.REFUSED: order_service_pb2.VERDICT_REFUSED,
    Verdict.NOT_FOUND: order_service_pb2.VERDICT_NOT_FOUND,
}


def order_message(order: Order) -> order_pb2.Order:
    """The order as clients see it."""
    content = order.content
    return order_pb2.Order(
        order_id=content.order_id,
        customer_id=content.customer_id,
        payer_account_id=content.payer_account_id,
        payee_account_id=content.payee_account_id,
        amount=money_pb2.Money(currency_code=content.amount.currency, minor_units=content.amount.minor_units),
        description=content.description,
        status=STATUS[order.status],
        payment_id=str(order.payment_id) if order.payment_id else "",
        create_time=timestamp(order.created_at),
        pay_time=timestamp(order.paid_at),
        cancel_time=timestamp(order.cancelled_at),
        refund_time=timestamp(order.refunded_at),
        merchant_id=content.merchant_id or "",
    )


def verdict_message(verdict: OrderVerdict) -> order_service_pb2.OrderVerdict:
    """The verdict as payment_service sees it."""
    return order_service_pb2.OrderVerdict(
        order_id=verdict.order_id, verdict=VERDICT[verdict.verdict], status=STATUS[verdict.status]
    )
