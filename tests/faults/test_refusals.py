"""A refusal has its ground, and is documented: each check of that goes red when history and books are doctored."""

from collections.abc import Callable

import pytest

from faults.books import Order
from faults.calls import money
from faults.checks import check
from faults.documented import answers, explained
from faults.history import History
from faults.judge import unexplained
from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import account_pb2, payment_service_pb2, refund_pb2
from tests.faults.agreeing import World


def refuse(world: World, reason: str, *, order_id: str = "order-6") -> None:
    """Order 6 is unpaid, and nobody asked for anything but to pay it."""
    world.books.orders.setdefault(order_id, Order(order_id, "unpaid", ""))
    request = payment_service_pb2.PayOrderRequest(order_id=order_id)
    world.call(6, "PayOrder", request, refused=("FAILED_PRECONDITION", reason))


def cancelled_by_nobody(world: World) -> None:
    world.books.orders["order-6"] = Order("order-6", "cancelled", "")
    refuse(world, "ORDER_CANCELLED")


def cancelled_that_is_not(world: World) -> None:
    world.call(6, "CancelOrder", order_service_pb2.CancelOrderRequest(order_id="order-6"))
    refuse(world, "ORDER_CANCELLED")


def not_found_that_is_there(world: World) -> None:
    world.call(1, "PayOrder", world.pay.request, refused=("NOT_FOUND", "ORDER_NOT_FOUND"))


def too_little_without_a_trace(world: World) -> None:
    refuse(world, "INSUFFICIENT_FUNDS")


def declined_who_has_enough(world: World) -> None:
    world.payment("p6", "order:order-6")
    world.books.moves["p6"].clear()
    world.state("p6", "declined", "INSUFFICIENT_FUNDS")
    world.books.least["customer"] = 500


def withdrew_nothing_of_enough(world: World) -> None:
    world.books.least["customer"] = 500
    request = account_pb2.WithdrawRequest(account_id="customer", amount=money(500), request_id="withdraw-6")
    world.call(6, "Withdraw", request, refused=("FAILED_PRECONDITION", "INSUFFICIENT_FUNDS"))


def refund_of_what_is_left(world: World) -> None:
    request = refund_pb2.RefundPaymentRequest(payment_id="p1", amount=money(300), request_id="refund-9")
    world.call(1, "RefundPayment", request, refused=("FAILED_PRECONDITION", "REFUND_EXCEEDS_PAYMENT"))


def expired_before_its_time(world: World) -> None:
    world.call(4, "PayWithTicket", world.used.request, refused=("FAILED_PRECONDITION", "TICKET_EXPIRED"))


def reused_by_nobody(world: World) -> None:
    world.call(3, "Deposit", world.deposit.request, refused=("FAILED_PRECONDITION", "IDEMPOTENCY_KEY_REUSED"))


def reason_of_no_story(world: World) -> None:
    refuse(world, "CURRENCY_MISMATCH")


DOCTORED: list[Callable[[World], None]] = [
    cancelled_by_nobody,
    cancelled_that_is_not,
    not_found_that_is_there,
    too_little_without_a_trace,
    declined_who_has_enough,
    withdrew_nothing_of_enough,
    refund_of_what_is_left,
    expired_before_its_time,
    reused_by_nobody,
    reason_of_no_story,
]


@pytest.mark.parametrize("doctor", DOCTORED, ids=[doctor.__name__ for doctor in DOCTORED])
def test_a_refusal_without_its_ground_is_found(doctor: Callable[[World], None]) -> None:
    world = World()
    doctor(world)
    assert any(text.startswith("unfounded ") for text in world.found()), world.found()


def test_what_a_refusal_says_may_be_so() -> None:
    """Each of these has its ground; without it, it is found above."""
    world = World()
    refuse(world, "ORDER_CANCELLED", order_id="order-2")  # by CancelOrder, in story 2
    world.calls[-1].story = 2
    world.payment("p6", "order:order-6")
    world.books.moves["p6"].clear()
    world.state("p6", "declined", "INSUFFICIENT_FUNDS")
    world.books.least["customer"] = 499
    refuse(world, "INSUFFICIENT_FUNDS")
    request = refund_pb2.RefundPaymentRequest(payment_id="p1", amount=money(301), request_id="refund-9")
    world.call(1, "RefundPayment", request, refused=("FAILED_PRECONDITION", "REFUND_EXCEEDS_PAYMENT"))
    again = account_pb2.DepositRequest(account_id="customer", amount=money(901), request_id="deposit-3")
    world.call(3, "Deposit", again, refused=("FAILED_PRECONDITION", "IDEMPOTENCY_KEY_REUSED"))
    assert world.found() == []
    taken_away = world.call(1, "PayOrder", world.pay.request, refused=("NOT_FOUND", "ORDER_NOT_FOUND"))
    assert not check(History(world.calls, lost=frozenset({"order-1"})), world.books), taken_away


def test_only_what_is_documented_is_explained() -> None:
    assert explained("PayOrder", "FAILED_PRECONDITION", "INSUFFICIENT_FUNDS")
    assert explained("PayOrder", "UNAVAILABLE", "")
    assert explained("PayOrder", "CANCELLED", "")
    assert not explained("CancelOrder", "FAILED_PRECONDITION", "INSUFFICIENT_FUNDS")  # not documented there
    assert not explained("PayOrder", "UNAVAILABLE", "INSUFFICIENT_FUNDS")  # another status than documented
    assert not explained("PayOrder", "INTERNAL", "INTERNAL")
    assert not explained("PayOrder", "UNKNOWN", "")
    assert {"AuthorizePayment", "MarkOrdersPaid"} <= answers().keys()
    assert answers()["PayOrder"] <= answers()["AuthorizePayment"]


def test_unexplained_answers_are_counted() -> None:
    world = World()
    assert not unexplained(world.calls)
    world.late.status, world.late.reason = "UNKNOWN", ""
    assert list(unexplained(world.calls).values()) == [[world.late]]
