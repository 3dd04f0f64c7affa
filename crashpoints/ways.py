"""The requests that move money: how each is prepared, sent, and how things stand before and after it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import account_pb2, authorization_pb2, batch_pb2, payment_service_pb2
from tests.crashes.ways import (
    PAID,
    RESERVED,
    UNTOUCHED,
    VOIDED,
    Call,
    Case,
    Facts,
    Scene,
    across,
    authorized,
    capture,
    ordered,
    paid,
    paid_with_ticket,
    pay_with_ticket,
    refund,
    reverse,
    ticketed,
    void,
)
from tests.harness.money import TIMEOUT_S
from tests.harness.stubs import Stubs

Cases = Sequence[Case]


@dataclass(frozen=True)
class Way:
    """One request. `refused` is the reason it ends with, when that is not OK; `direct`: it goes to order_service."""

    name: str
    rpc: str
    prepare: Callable[[Scene], Awaitable[Cases]]
    ask: Callable[[Stubs, Cases], Call]
    before: Facts
    after: Facts
    refused: str = ""
    direct: bool = False


def one(prepare: Callable[[Scene], Awaitable[Case]]) -> Callable[[Scene], Awaitable[Cases]]:
    async def prepared(scene: Scene) -> Cases:
        return [await prepare(scene)]

    return prepared


def of_one(ask: Callable[[Stubs, Case], Call]) -> Callable[[Stubs, Cases], Call]:
    return lambda stubs, cases: ask(stubs, cases[0])


def way(
    rpc: str,
    prepare: Callable[[Scene], Awaitable[Case]],
    ask: Callable[[Stubs, Case], Call],
    before: Facts,
    after: Facts,
    *,
    name: str = "",
    **rest: Any,
) -> Way:
    """A request about one case."""
    return Way(name or rpc, rpc, one(prepare), of_one(ask), before, after, **rest)


async def two_ordered(scene: Scene) -> Cases:
    return await asyncio.gather(ordered(scene), ordered(scene))


async def authorized_then_cancelled(scene: Scene) -> Case:
    """A reservation whose order was cancelled: a flip of it will be refused for good."""
    case = await authorized(scene)
    await cancel(scene.stubs, case)
    return case


def pay(stubs: Stubs, case: Case) -> Call:
    request = payment_service_pb2.PayOrderRequest(order_id=case.order_id)
    return stubs.payments.PayOrder(request, timeout=TIMEOUT_S, wait_for_ready=True)


def pay_batch(stubs: Stubs, cases: Cases) -> Call:
    orders = [batch_pb2.OrderToPay(order_id=case.order_id) for case in cases]
    request = batch_pb2.BatchPayOrdersRequest(orders=orders)
    return stubs.payments.BatchPayOrders(request, timeout=TIMEOUT_S, wait_for_ready=True)


def authorize(stubs: Stubs, case: Case) -> Call:
    request = authorization_pb2.AuthorizePaymentRequest(order_id=case.order_id)
    return stubs.payments.AuthorizePayment(request, timeout=TIMEOUT_S, wait_for_ready=True)


def cancel(stubs: Stubs, case: Case) -> Call:
    request = order_service_pb2.CancelOrderRequest(order_id=case.order_id)
    return stubs.orders.CancelOrder(request, timeout=TIMEOUT_S, wait_for_ready=True)


DEPOSIT = across(account_pb2.DepositRequest, "Deposit")
WITHDRAW = across(account_pb2.WithdrawRequest, "Withdraw")
REFUNDED = Facts((10_000, 0), 0, ("refunded", 1_000, 1_000), "refunded", ("charge", "refund"), (("refund", True),))
PART = Facts((9_300, 0), 700, ("succeeded", 1_000, 300), "paid", ("charge", "refund"), (("refund", True),))
GONE_BACK = (("reversal", True),)
REVERSED = Facts((10_000, 0), 0, ("reversed", 1_000, 0), "refunded", ("charge", "reversal"), GONE_BACK)
CAPTURED = Facts((9_400, 0), 600, ("succeeded", 600, 0), "paid", ("charge",))
NOT_TAKEN = Facts((10_000, 0), 0, ("reversed", 600, 0), "cancelled", ("charge", "reversal"), GONE_BACK)
NO_ORDER = UNTOUCHED._replace(order=None)
PAID_BY_TICKET = PAID._replace(order=None)

WAYS = [
    way("PayOrder", ordered, pay, UNTOUCHED, PAID),
    Way("BatchPayOrders", "BatchPayOrders", two_ordered, pay_batch, UNTOUCHED, PAID),
    way("PayWithTicket", ticketed, pay_with_ticket, NO_ORDER, PAID_BY_TICKET),
    way("AuthorizePayment", ordered, authorize, UNTOUCHED, RESERVED),
    way("CapturePayment", authorized, capture, RESERVED, CAPTURED),
    way(
        "CapturePayment", authorized_then_cancelled, capture, RESERVED._replace(order="cancelled"), NOT_TAKEN,
        name="CapturePayment, order cancelled", refused="ORDER_CANCELLED",
    ),
    way("VoidAuthorization", authorized, void, RESERVED, VOIDED),
    way("RefundPayment", paid, refund(1_000), PAID, REFUNDED, name="RefundPayment in full"),
    way("RefundPayment", paid, refund(300), PAID, PART, name="RefundPayment in part"),
    way("ReversePayment", paid, reverse, PAID, REVERSED, name="ReversePayment of an order"),
    way("ReversePayment", ordered, reverse, UNTOUCHED, VOIDED, name="ReversePayment before the payment"),
    way(
        "ReversePayment", paid_with_ticket, reverse, PAID_BY_TICKET, REVERSED._replace(order=None),
        name="ReversePayment of a ticket",
    ),
    way("Deposit", ticketed, DEPOSIT, NO_ORDER, NO_ORDER._replace(payer=(10_500, 0))),
    way("Withdraw", ticketed, WITHDRAW, NO_ORDER, NO_ORDER._replace(payer=(9_500, 0))),
    way("CancelOrder", ordered, cancel, UNTOUCHED, UNTOUCHED._replace(order="cancelled"), direct=True),
]  # fmt: skip
BY_NAME = {there.name: there for there in WAYS}
