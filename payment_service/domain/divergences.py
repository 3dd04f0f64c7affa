"""Where an order does not stand as its payment says: after one of the two databases was restored to an earlier time.

In normal operation there is none of this: what is between two steps is unconfirmed, or has a correction begun.
"""

from enum import StrEnum
from typing import NamedTuple

from payment_service.domain.charges import Order, OrderStatus
from payment_service.domain.payments import Payment, PaymentState, order_of


class Remedy(StrEnum):
    """What brings the two together without charging anything; of the last three only people know what is right."""

    FLIP = "flip"  # the order forgot that it is paid
    END = "end"  # the order forgot that it is over
    FLIP_AND_END = "flip_and_end"  # it forgot both
    GIVE_BACK = "give_back"  # the order ended without its money
    CREATE_ORDER = "create_order"
    CAPTURE_OR_VOID = "capture_or_void"
    DECIDE = "decide"


class Divergence(NamedTuple):
    """A payment that is at rest, and its order as it was found; `repaired` when the remedy was carried out."""

    payment: Payment
    order: Order | None
    remedy: Remedy
    repaired: bool = False


def compare(payment: Payment, order: Order | None, *, confirmed: bool) -> Divergence | None:
    """What is wrong between the two, if anything; `confirmed` tells whether the order was once known to be PAID."""
    remedy = _remedy(payment, order, confirmed=confirmed)
    return Divergence(payment, order, remedy) if remedy else None


def at_rest(payment: Payment) -> bool:
    """Whether nobody is at work on it: else the completer brings the order along by itself."""
    ended = payment.state not in (PaymentState.SUCCEEDED, PaymentState.AUTHORIZED)
    return not payment.unconfirmed and (ended or payment.correction_id is None)


def _remedy(payment: Payment, order: Order | None, *, confirmed: bool) -> Remedy | None:
    if order is None:
        return Remedy.CREATE_ORDER
    if _content(payment) != _ordered(order) or order.payment_id not in (None, payment.payment_id):
        return Remedy.DECIDE
    match payment.state, order.status:
        case PaymentState.SUCCEEDED, OrderStatus.UNPAID:
            return Remedy.FLIP
        case PaymentState.SUCCEEDED, OrderStatus.CANCELLED | OrderStatus.REFUNDED:
            return Remedy.GIVE_BACK
        case PaymentState.AUTHORIZED, OrderStatus.PAID:
            return Remedy.CAPTURE_OR_VOID  # the capture is lost, the reservation is not
        case PaymentState.AUTHORIZED, OrderStatus.REFUNDED:
            return Remedy.GIVE_BACK  # of the reservation
        case PaymentState.REVERSED | PaymentState.REFUNDED, OrderStatus.UNPAID:
            return Remedy.FLIP_AND_END if confirmed else Remedy.END
        case PaymentState.REVERSED | PaymentState.REFUNDED, OrderStatus.PAID:
            return Remedy.END
        case PaymentState.VOIDED, OrderStatus.UNPAID:
            return Remedy.END
        case PaymentState.VOIDED, OrderStatus.PAID | OrderStatus.REFUNDED:
            return Remedy.DECIDE
    return None


def _content(payment: Payment) -> tuple[object, ...]:
    return order_of(payment.subject), payment.payer_account_id, payment.payee_account_id, payment.amount


def _ordered(order: Order) -> tuple[object, ...]:
    return order.order_id, order.payer_account_id, order.payee_account_id, order.amount
