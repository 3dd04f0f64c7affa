"""A history and books that agree, for tests to doctor."""

from typing import Any

from faults.books import Books, Correction, Leg, Move, Order, Payment
from faults.calls import money
from faults.checks import check
from faults.checks.base import subject
from faults.history import Call, History, Outcome
from payonce.order.v1 import order_pb2, order_service_pb2
from payonce.payment.v1 import account_pb2, payment_pb2, payment_service_pb2, refund_pb2, ticket_pb2

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
