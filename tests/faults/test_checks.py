"""Each check of what was answered goes red: a history and books that agree, doctored in one place each."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from faults.books import Correction, Move, Order
from faults.calls import money
from faults.checks.base import subject
from faults.judge import conserved, secrets
from faults.watch import Sample
from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import (
    authorization_pb2,
    payment_pb2,
    payment_service_pb2,
    refund_pb2,
)
from tests.faults.agreeing import TICKET, World


def lost_payment(world: World) -> None:
    del world.books.payments["p1"]


def lost_entries(world: World) -> None:
    world.books.moves["p1"].clear()


def lost_leg(world: World) -> None:
    world.books.legs.clear()


def lost_refund(world: World) -> None:
    world.books.corrections["r1"] = world.books.corrections["r1"]._replace(completed=False)


def reversed_that_is_not(world: World) -> None:
    request = refund_pb2.ReversePaymentRequest(order_id="order-1")
    world.call(1, "ReversePayment", request, refund_pb2.ReversePaymentResponse(payment=world.pay.answer.payment))


def charged_twice(world: World) -> None:
    world.books.moves["p1"].append(Move("p1", "charge", 500, -500))


def two_payments(world: World) -> None:
    world.payment("p4b", subject(world.used, world.books))


def told_of_two(world: World) -> None:
    other = payment_service_pb2.PayOrderResponse()
    other.CopyFrom(world.pay.answer)
    other.payment.payment_id = "p2"
    world.again.answer = other


def refunded_too_much(world: World) -> None:
    refund = refund_pb2.Refund(refund_id="r2", payment_id="p1", amount=money(301))
    world.books.corrections["r2"] = Correction("r2", "p1", "refund", 301, True)
    world.call(1, "RefundPayment", refund_pb2.RefundPaymentRequest(request_id="refund-1b", amount=money(301)),
               refund_pb2.RefundPaymentResponse(refund=refund))  # fmt: skip


def reversed_unasked(world: World) -> None:
    world.state("p4", "reversed", "REVERSAL_REQUESTED")
    world.calls.remove(world.used)
    world.call(4, "PayWithTicket", world.used.request)


def other_replay(world: World) -> None:
    other = payment_service_pb2.PayOrderResponse()
    other.CopyFrom(world.pay.answer)
    other.payment.state = payment_pb2.PAYMENT_STATE_REFUNDED
    world.again.answer = other


def two_firsts(world: World) -> None:
    world.again.replayed = False


def replay_of_nothing(world: World) -> None:
    world.deposit.replayed = True


def paid_after_the_end(world: World) -> None:
    world.call(2, "PayOrder", world.late.request, world.pay.answer)


def refused_and_moved(world: World) -> None:
    world.payment("p5", "order:order-5")


def refused_and_there(world: World) -> None:
    world.payment("p5", "order:order-5")
    world.books.moves["p5"].clear()


def refused_and_done(world: World) -> None:
    world.books.requests["Deposit", "deposit-3"] = 901


def cancelled_and_kept(world: World) -> None:
    world.payment("p2", "order:order-2")


def cancelled_and_paid(world: World) -> None:
    world.books.orders["order-2"] = Order("order-2", "paid", "p2")


def told_paid_and_is_not(world: World) -> None:
    request = order_service_pb2.CancelOrderRequest(order_id="order-2")
    world.call(2, "CancelOrder", request, refused=("FAILED_PRECONDITION", "ORDER_ALREADY_PAID"))


def sql_told(world: World) -> None:
    world.late.text = "INSERT INTO payments failed"


def ticket_told(world: World) -> None:
    call = world.call(4, "PayWithTicket", world.used.request, refused=("FAILED_PRECONDITION", "TICKET_MISMATCH"))
    call.text = f"ticket {TICKET} is not for this"


def another_amount_than_expected(world: World) -> None:
    world.pay.request.expected_amount.CopyFrom(money(499))


def another_amount_than_captured(world: World) -> None:
    request = authorization_pb2.CapturePaymentRequest(payment_id="p1", amount=money(300))
    answer = authorization_pb2.CapturePaymentResponse(payment=world.pay.answer.payment)
    world.call(1, "CapturePayment", request, answer)


def another_amount_than_the_tickets(world: World) -> None:
    world.used.request.amount.CopyFrom(money(1))


def another_amount_than_deposited(world: World) -> None:
    world.deposit.request.amount.CopyFrom(money(901))


def confirmed_that_is_not(world: World) -> None:
    world.pay.answer.order_confirmed = True
    world.books.orders["order-1"] = Order("order-1", "unpaid", "")


def look_up(world: World, **told: Any) -> None:
    request = payment_service_pb2.LookupPaymentRequest(order_id="order-1")
    world.call(1, "LookupPayment", request, payment_service_pb2.LookupPaymentResponse(**told))


def lookup_that_forgets(world: World) -> None:
    look_up(world, outcome=payment_service_pb2.LOOKUP_OUTCOME_NOT_SEEN)


def lookup_of_another_state(world: World) -> None:
    payment = payment_pb2.Payment(payment_id="p1", state=payment_pb2.PAYMENT_STATE_REVERSED)
    look_up(world, outcome=payment_service_pb2.LOOKUP_OUTCOME_REVERSED, payment=payment)


def lookup_that_says_pay_again(world: World) -> None:
    payment = payment_pb2.Payment(payment_id="p1", state=payment_pb2.PAYMENT_STATE_SUCCEEDED)
    look_up(world, outcome=payment_service_pb2.LOOKUP_OUTCOME_SUCCEEDED, payment=payment, safe_to_retry=True)


DOCTORED: list[tuple[str, Callable[[World], None]]] = [
    ("I1 ", lost_payment), ("I1 ", lost_entries), ("I1 ", lost_leg), ("I1 ", lost_refund),
    ("I1 ", reversed_that_is_not), ("I2 ", charged_twice), ("I12 ", two_payments), ("I2 ", told_of_two),
    ("I9 ", refunded_too_much), ("I8 ", reversed_unasked), ("I13 ", other_replay), ("I13 ", two_firsts),
    ("I13 ", replay_of_nothing), ("I11 ", paid_after_the_end), ("I17 ", refused_and_moved),
    ("I14 ", refused_and_there), ("I14 ", refused_and_done), ("I10 ", cancelled_and_kept),
    ("I10 ", cancelled_and_paid), ("I10 ", told_paid_and_is_not), ("I18 ", sql_told), ("I18 ", ticket_told),
    ("I7 ", another_amount_than_expected), ("I7 ", another_amount_than_captured),
    ("I7 ", another_amount_than_the_tickets), ("I7 ", another_amount_than_deposited), ("I6 ", confirmed_that_is_not),
    ("I1 ", lookup_that_forgets), ("I1 ", lookup_of_another_state), ("I1 ", lookup_that_says_pay_again),
]  # fmt: skip


def test_what_agrees_is_not_blamed() -> None:
    assert World().found() == []


@pytest.mark.parametrize(("invariant", "doctor"), DOCTORED, ids=[doctor.__name__ for _, doctor in DOCTORED])
def test_what_was_doctored_is_found(invariant: str, doctor: Callable[[World], None]) -> None:
    world = World()
    doctor(world)
    assert any(text.startswith(invariant) for text in world.found()), world.found()


@pytest.mark.parametrize("wrong", ["balances", "entries", "overdrawn", "wrong"])
def test_a_moment_at_which_money_was_not_conserved_is_found(wrong: str) -> None:
    good = Sample(1.0, 0, 0, 0, 0, 7)
    assert not list(conserved([good], 2.0))
    assert len(list(conserved([good, replace(good, **{wrong: 1})], 2.0))) == 1


def test_that_nobody_looked_under_faults_is_found() -> None:
    assert list(conserved([], 2.0))
    assert list(conserved([Sample(2.5, 0, 0, 0, 0, 7)], 2.0))


def test_a_ticket_in_a_log_is_found() -> None:
    world = World()
    assert not list(secrets(b'{"event": "corrected"}', world.calls))
    assert [v.story for v in secrets(f'{{"ticket": "{TICKET}"}}'.encode(), world.calls)] == [4]
