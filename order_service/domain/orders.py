"""Orders: content that never changes, a status that moves along few arrows."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from shared.errors import PayonceError, Reason
from shared.money import Money


class OrderStatus(StrEnum):
    """UNPAID → PAID → REFUNDED, UNPAID → CANCELLED; the last two are final."""

    UNPAID = "unpaid"
    PAID = "paid"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class OrderContent(NamedTuple):
    """What the client said when it created the order."""

    order_id: str
    customer_id: str
    payer_account_id: str
    payee_account_id: str
    amount: Money
    description: str


class Order(NamedTuple):
    """An order as it stands. Times are the database's, in UTC."""

    content: OrderContent
    status: OrderStatus
    payment_id: UUID | None
    created_at: datetime
    paid_at: datetime | None
    cancelled_at: datetime | None
    refunded_at: datetime | None


class Filter(NamedTuple):
    """Which orders to list; None means any."""

    customer_id: str | None = None
    payee_account_id: str | None = None
    status: OrderStatus | None = None


class Flip(NamedTuple):
    """One order, and the payment on whose behalf it takes a step."""

    order_id: str
    payment_id: UUID


class Step(StrEnum):
    """The step asked for: forward to PAID; or back, before the money: PAID → REFUNDED, UNPAID → CANCELLED."""

    PAY = "pay"
    GIVE_BACK = "give_back"


class Verdict(StrEnum):
    """What became of a step. REFUSED is definitive; NOT_FOUND is not."""

    DONE = "done"
    ALREADY_DONE = "already_done"
    REFUSED = "refused"
    NOT_FOUND = "not_found"


class OrderVerdict(NamedTuple):
    """The verdict on one order, with the status found."""

    order_id: str
    verdict: Verdict
    status: OrderStatus | None


def differing_fields(one: OrderContent, other: OrderContent) -> list[str]:
    """Names of the fields in which two contents differ, as they stand in the API."""
    return [name for name in OrderContent._fields if getattr(one, name) != getattr(other, name)]


def judge(flip: Flip, step: Step, *, taken: OrderStatus | None, found: Order | None) -> OrderVerdict:
    """The verdict on a step: it led to `taken`; or it was not taken, and `found` is the order as it stands since."""
    if taken is not None:
        return OrderVerdict(flip.order_id, Verdict.DONE, taken)
    if found is None:
        return OrderVerdict(flip.order_id, Verdict.NOT_FOUND, None)
    already = _is_there(step, found, flip.payment_id)
    return OrderVerdict(flip.order_id, Verdict.ALREADY_DONE if already else Verdict.REFUSED, found.status)


def _is_there(step: Step, order: Order, payment_id: UUID) -> bool:
    """Whether the order stands where the step would have brought it."""
    if step == Step.GIVE_BACK and order.status == OrderStatus.CANCELLED:
        return True  # whoever cancelled it: no payment can be its any more
    status = OrderStatus.PAID if step == Step.PAY else OrderStatus.REFUNDED
    return order.status == status and order.payment_id == payment_id


def refuse_cancel(order: Order) -> PayonceError:
    """Why an order that is neither UNPAID nor CANCELLED cannot be cancelled."""
    if order.status == OrderStatus.PAID:
        return PayonceError(Reason.ORDER_ALREADY_PAID, "The order is paid; it cannot be cancelled.")
    return PayonceError(Reason.ORDER_REFUNDED, "The order is refunded; it cannot be cancelled.")


def not_found(order_id: str) -> PayonceError:
    """The answer to an order that is absent, or somebody else's."""
    return PayonceError(Reason.ORDER_NOT_FOUND, "There is no such order.", metadata={"order_id": order_id})
