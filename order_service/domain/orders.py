"""Orders: content that never changes, a status that moves along few arrows."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from shared.callers import Caller, Role, Scope
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
    merchant_id: str | None = None  # of orders that nobody told the merchant of, and of older ones


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
    merchant_id: str | None = None


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


def is_theirs(caller: Caller, content: OrderContent) -> bool:
    """Whether the order exists for the caller: for a merchant those it made, for a customer those it is to pay."""
    return caller.owns(content.merchant_id if caller.role is Role.MERCHANT else content.customer_id)


def theirs(caller: Caller) -> Filter:
    """The orders that exist for the caller, as `is_theirs` says."""
    if caller.scope is Scope.ANY:
        return Filter()
    return Filter(merchant_id=caller.subject) if caller.role is Role.MERCHANT else Filter(customer_id=caller.subject)


def narrowed(wanted: Filter, caller: Caller) -> Filter | None:
    """What is wanted of the orders that exist for the caller; None when there can be none."""
    for name, only in theirs(caller)._asdict().items():
        if only is not None:
            if getattr(wanted, name) not in (None, only):
                return None
            wanted = wanted._replace(**{name: only})
    return wanted


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


def taken(found: Order, content: OrderContent, caller: Caller) -> PayonceError:
    """The answer to an order whose id is taken. Of somebody else's order it tells no more than that."""
    metadata = {"order_id": content.order_id}
    if is_theirs(caller, found.content):
        metadata["fields"] = ",".join(differing_fields(found.content, content))
    return PayonceError(Reason.ORDER_ALREADY_EXISTS, "The order id is taken by other content.", metadata=metadata)


def not_found(order_id: str) -> PayonceError:
    """The answer to an order that is absent, or somebody else's."""
    return PayonceError(Reason.ORDER_NOT_FOUND, "There is no such order.", metadata={"order_id": order_id})
