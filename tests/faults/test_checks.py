"""Each check of histories goes red: a history and books that agree, doctored in one place each."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from faults.books import Books, Correction, Leg, Move, Order, Payment
from faults.calls import money
from faults.checks import check
from faults.checks.base import subject
from faults.documented import answers, explained
from faults.history import Call, History, Outcome
from faults.judge import conserved, secrets, unexplained
from faults.watch import Sample
from payonce.order.v1 import order_pb2, order_service_pb2
from payonce.payment.v1 import (
    account_pb2,
    authorization_pb2,
    payment_pb2,
    payment_service_pb2,
    refund_pb2,
    ticket_pb2,
)

TICKET = "AAAAAAAAAAAAAAAAAAAAAA"


class World:
    """Story 1 is paid and partly refunded, 2 cancelled, 3 a deposit, 4 a ticket, 5 refused."""

    def __init__(self) -> None:
        self.books = Books()
        self.calls: list[Call] = []
        self.books.orders = {"order-1": Order("order-1", "paid", "p1"), "order-2": Order("order-2", "cancelled", "")}
        self.pay = self._paid(1, "p1", order_id="order-1")
        self.again = self.call(1, "PayOrder", self.pay.request, self.pay.answer, replayed=True)
        self._refunded()
        self._cancelled()
        self._deposited()
        self.used = self._paid(4, "p4", ticket=TICKET)
        self.call(4, "CreateTicket", ticket_pb2.CreateTicketRequest(), ticket_pb2.Ticket(ticket=TICKET))
        unpaid = payment_service_pb2.PayOrderRequest(order_id="order-5")
        self.refused = self.call(5, "PayOrder", unpaid, refused=("NOT_FOUND", "ORDER_NOT_FOUND"))

    def found(self) -> list[str]:
        """What the checks say."""
        return [violation.text for violation in check(History(self.calls), self.books)]

    def call(
        self, story: int, rpc: str, request: Any, answer: Any = None, *, replayed: bool = False,
        refused: tuple[str, str] | None = None,
    ) -> Call:  # fmt: skip
        at_s = float(len(self.calls))
        call = Call(story=story, rpc=rpc, request=request, begun_s=at_s, ended_s=at_s + 0.5, replayed=replayed)
        if answer is not None:
            call.outcome, call.status, call.answer = Outcome.OK, "OK", answer
        elif refused:
            call.outcome, (call.status, call.reason) = Outcome.REFUSED, refused
        self.calls.append(call)
        return call

    def payment(self, payment_id: str, of: str) -> None:
        """In the books: 500 from the customer to the merchant."""
        row = Payment(of, payment_id, "customer", "merchant", 500, 500, 0, "succeeded", "")
        self.books.payments[payment_id] = row
        self.books.attempts[of].append(row)
        self.books.moves[payment_id].append(Move(payment_id, "charge", 500, -500))

    def state(self, payment_id: str, state: str, state_reason: str = "") -> None:
        """The same payment in another state."""
        row = self.books.payments[payment_id]._replace(state=state, state_reason=state_reason)
        self.books.payments[payment_id] = row
        self.books.attempts[row.subject] = [row]

    def _paid(self, story: int, payment_id: str, *, order_id: str = "", ticket: str = "") -> Call:
        told = payment_pb2.Payment(
            payment_id=payment_id, payer_account_id="customer", payee_account_id="merchant", amount=money(500),
            captured_amount=money(500),
        )  # fmt: skip
        if ticket:
            request: Any = ticket_pb2.PayWithTicketRequest(ticket=ticket)
            call = self.call(story, "PayWithTicket", request, ticket_pb2.PayWithTicketResponse(payment=told))
        else:
            request = payment_service_pb2.PayOrderRequest(order_id=order_id)
            call = self.call(story, "PayOrder", request, payment_service_pb2.PayOrderResponse(payment=told))
        self.payment(payment_id, subject(call, self.books))
        return call

    def _refunded(self) -> None:
        refund = refund_pb2.Refund(refund_id="r1", payment_id="p1", amount=money(200))
        request = refund_pb2.RefundPaymentRequest(payment_id="p1", amount=money(200), request_id="refund-1")
        self.refund = self.call(1, "RefundPayment", request, refund_pb2.RefundPaymentResponse(refund=refund))
        self.books.corrections["r1"] = Correction("r1", "p1", "refund", 200, True)
        self.books.requests["RefundPayment", "refund-1"] = 200

    def _cancelled(self) -> None:
        request = order_service_pb2.CancelOrderRequest(order_id="order-2")
        self.call(2, "CancelOrder", request, order_pb2.Order(order_id="order-2"))
        late = payment_service_pb2.PayOrderRequest(order_id="order-2")
        self.late = self.call(2, "PayOrder", late, refused=("FAILED_PRECONDITION", "ORDER_CANCELLED"))

    def _deposited(self) -> None:
        told = account_pb2.Entry(
            account_id="customer", sequence=1, transfer_id="t1", amount=money(900), balance_after=money(900)
        )
        request = account_pb2.DepositRequest(account_id="customer", amount=money(900), request_id="deposit-3")
        self.deposit = self.call(3, "Deposit", request, account_pb2.DepositResponse(entry=told))
        self.books.legs["customer", 1] = Leg("customer", 1, "t1", 900, 900)
        self.books.requests["Deposit", "deposit-3"] = 900


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
    ("unfounded ", cancelled_by_nobody), ("unfounded ", cancelled_that_is_not), ("unfounded ", not_found_that_is_there),
    ("unfounded ", too_little_without_a_trace), ("unfounded ", declined_who_has_enough),
    ("unfounded ", withdrew_nothing_of_enough), ("unfounded ", refund_of_what_is_left),
    ("unfounded ", expired_before_its_time), ("unfounded ", reused_by_nobody), ("unfounded ", reason_of_no_story),
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


def test_a_ticket_in_a_log_is_found() -> None:
    world = World()
    assert not list(secrets(b'{"event": "corrected"}', world.calls))
    assert [v.story for v in secrets(f'{{"ticket": "{TICKET}"}}'.encode(), world.calls)] == [4]


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
