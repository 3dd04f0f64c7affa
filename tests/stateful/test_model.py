"""Random histories of accounts, orders, tickets, refunds and holds: the services answer as the model does, each time.

Every request goes through `send`: the model says what is to come, the services are asked, and the two are compared.
"""

import itertools
import uuid
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import grpc
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    multiple,
    rule,
    run_state_machine_as_test,
)

from payonce.order.v1 import order_pb2, order_service_pb2
from payonce.order.v1.order_service_pb2_grpc import OrderServiceStub
from payonce.payment.v1 import (
    account_pb2,
    authorization_pb2,
    payment_service_pb2,
    refund_pb2,
    ticket_pb2,
)
from payonce.payment.v1.payment_service_pb2_grpc import PaymentServiceStub
from tests.harness.audit import quiet
from tests.harness.money import TIMEOUT_S, money
from tests.harness.postgres import Postgres
from tests.harness.services import Services, services
from tests.stateful.model import Account, Model, Order, Payment
from tests.stateful.reading import assert_payment, reason_of

# The same histories on every machine.
SETTINGS = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=50,
    stateful_step_count=30,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)
AMOUNTS = st.sampled_from([10, 10, 10, 5, 3])
MONEY = st.builds(money, AMOUNTS, st.sampled_from(["EUR"] * 19 + ["USD"]))
KEYS = st.sampled_from(["r1", "r2", "r3", "r4", "r5", "r6"])
Sent = tuple[str, Any]
_histories = itertools.count(1)


@pytest.fixture(scope="module")
async def both(postgres: Postgres) -> AsyncIterator[Services]:
    """A pair of services of this test's own."""
    async with services(postgres.pair()) as running:
        yield running


async def test_the_services_answer_as_the_model_does(both: Services) -> None:
    with (
        grpc.insecure_channel(both.order.address) as orders,
        grpc.insecure_channel(both.payments[0].address) as payments,
    ):
        History.stubs = (PaymentServiceStub(payments), OrderServiceStub(orders))
        run_state_machine_as_test(History, settings=SETTINGS)
    await quiet(both.pair)


class History(RuleBasedStateMachine):
    """One history. Ids are its own, so that the processes and databases can be shared by all."""

    sent: Bundle[Sent] = Bundle("sent")
    orders: Bundle[str] = Bundle("orders")
    tickets: Bundle[str] = Bundle("tickets")
    payments: Bundle[str] = Bundle("payments")

    stubs: ClassVar[tuple[Any, ...]]

    def __init__(self) -> None:
        super().__init__()
        self._prefix = f"h{next(_histories)}"
        self._model = Model()
        self._firsts: dict[tuple[str, ...], Any] = {}
        self._numbers = itertools.count(1)

    @initialize(target=payments)
    def open_accounts(self) -> Any:
        """People with money, and a payment of each kind, so that there is something to take back from the start."""
        for name, kind in (("alice", "CUSTOMER"), ("bob", "CUSTOMER"), ("shop", "MERCHANT")):
            account_id = self.id(name)
            request = account_pb2.CreateAccountRequest(
                account_id=account_id,
                owner_id=account_id,
                currency_code="EUR",
                kind=account_pb2.AccountKind.Value(f"ACCOUNT_KIND_{kind}"),
            )
            self.call("CreateAccount", request)
            self._model.accounts[account_id] = Account(kind, "EUR")
        for name in ("alice", "bob"):
            deposit = account_pb2.DepositRequest(account_id=self.id(name), amount=money(60), request_id=self.id(name))
            self.send("Deposit", deposit)
        nobody = str(uuid.UUID(int=0))
        self.send("CapturePayment", authorization_pb2.CapturePaymentRequest(payment_id=nobody))
        self.send("VoidAuthorization", authorization_pb2.VoidAuthorizationRequest(payment_id=nobody))
        self.send("ReversePayment", refund_pb2.ReversePaymentRequest(payment_id=nobody))
        self.create_order_and_pay("alice", money(10), hold=False)
        self.create_order_and_pay("bob", money(10), hold=True)
        self.create_ticket("alice", money(10))
        for ticket in list(self._model.tickets):
            self.pay_with_ticket(ticket, "shop", money(10))
        made = (*self._model.orders.values(), *self._model.tickets.values())
        return multiple(*(order.payment.payment_id for order in made if order.payment))

    @rule(target=sent, name=st.sampled_from(["alice", "bob", "shop"]), amount=MONEY, key=KEYS)
    def deposit(self, name: str, amount: Any, key: str) -> Sent:
        request = account_pb2.DepositRequest(account_id=self.id(name), amount=amount, request_id=self.id(key))
        return self.send("Deposit", request)

    @rule(target=sent, name=st.sampled_from(["alice", "bob", "shop"]), amount=MONEY, key=KEYS)
    def withdraw(self, name: str, amount: Any, key: str) -> Sent:
        request = account_pb2.WithdrawRequest(account_id=self.id(name), amount=amount, request_id=self.id(key))
        return self.send("Withdraw", request)

    @rule(target=orders, name=st.sampled_from(["alice", "bob"]), amount=MONEY)
    def create_order(self, name: str, amount: Any) -> str:
        return self.new_order(name, amount)

    @rule(target=payments, name=st.sampled_from(["alice", "bob"]), amount=MONEY, hold=st.booleans())
    def create_order_and_pay(self, name: str, amount: Any, hold: bool) -> Any:
        order_id = self.new_order(name, amount)
        return self.authorize(order_id) if hold else self.pay(order_id)

    @rule(target=payments, name=st.sampled_from(["alice", "bob"]), part=st.none() | MONEY, cancelled=st.booleans())
    def reserve_and_capture(self, name: str, part: Any, cancelled: bool) -> Any:
        order_id = self.new_order(name, money(10))
        self.authorize(order_id)
        if cancelled:
            self.cancel(order_id)
        if payment := self._model.orders[order_id].payment:
            self.capture(payment.payment_id, part)
            self.capture(payment.payment_id, part)
        return self.paid(self._model.orders[order_id])

    @rule(target=tickets, name=st.sampled_from(["alice", "alice", "bob", "shop"]), amount=st.none() | MONEY)
    def create_ticket(self, name: str, amount: Any) -> Any:
        request = ticket_pb2.CreateTicketRequest(payer_account_id=self.id(name), amount=amount)
        if amount and name != "shop":
            request.payee_account_id = self.id("shop")
        known = set(self._model.tickets)
        self.send("CreateTicket", request)
        return multiple(*(set(self._model.tickets) - known))

    @rule(target=sent, order_id=orders)
    def cancel(self, order_id: str) -> Sent:
        return self.send("CancelOrder", order_service_pb2.CancelOrderRequest(order_id=order_id))

    @rule(target=sent, order_id=orders, expected=st.none() | MONEY)
    def pay_what_is_expected(self, order_id: str, expected: Any) -> Sent:
        request = payment_service_pb2.PayOrderRequest(order_id=order_id, expected_amount=expected)
        return self.send("PayOrder", request)

    @rule(target=payments, order_id=orders)
    def pay(self, order_id: str) -> Any:
        self.send("PayOrder", payment_service_pb2.PayOrderRequest(order_id=order_id))
        return self.paid(self._model.orders[order_id])

    @rule(target=payments, order_id=orders)
    def authorize(self, order_id: str) -> Any:
        self.send("AuthorizePayment", authorization_pb2.AuthorizePaymentRequest(order_id=order_id))
        return self.paid(self._model.orders[order_id])

    @rule(target=payments, ticket=tickets, payee=st.sampled_from(["shop"] * 5 + ["bob"]), amount=MONEY)
    def pay_with_ticket(self, ticket: str, payee: str, amount: Any) -> Any:
        request = ticket_pb2.PayWithTicketRequest(ticket=ticket, payee_account_id=self.id(payee), amount=amount)
        self.send("PayWithTicket", request)
        return self.paid(self._model.tickets[ticket])

    @rule(target=sent, payment_id=payments, amount=MONEY, key=KEYS)
    def refund(self, payment_id: str, amount: Any, key: str) -> Sent:
        request = refund_pb2.RefundPaymentRequest(payment_id=payment_id, amount=amount, request_id=self.id(key))
        return self.send("RefundPayment", request)

    @rule(target=sent, payment_id=payments, amount=st.none() | MONEY)
    def capture(self, payment_id: str, amount: Any) -> Sent:
        request = authorization_pb2.CapturePaymentRequest(payment_id=payment_id, amount=amount)
        return self.send("CapturePayment", request)

    @rule(target=sent, payment_id=payments)
    def void(self, payment_id: str) -> Sent:
        return self.send("VoidAuthorization", authorization_pb2.VoidAuthorizationRequest(payment_id=payment_id))

    @rule(target=sent, payment_id=payments)
    def reverse(self, payment_id: str) -> Sent:
        return self.send("ReversePayment", refund_pb2.ReversePaymentRequest(payment_id=payment_id))

    @rule(target=sent, order_id=orders)
    def reverse_order(self, order_id: str) -> Sent:
        return self.send("ReversePayment", refund_pb2.ReversePaymentRequest(order_id=order_id))

    @rule(target=sent, ticket=tickets)
    def reverse_ticket(self, ticket: str) -> Sent:
        return self.send("ReversePayment", refund_pb2.ReversePaymentRequest(ticket=ticket))

    @rule(sent=sent)
    def send_again(self, sent: Sent) -> None:
        self.send(*sent)

    def teardown(self) -> None:
        """How things stand at the end."""
        for account_id, account in self._model.accounts.items():
            found = self.call("GetAccount", account_pb2.GetAccountRequest(account_id=account_id))[0]
            shown = (found.balance.minor_units, found.available_balance.minor_units)
            assert shown == (account.balance, account.balance - account.held), account_id
        for order_id, order in self._model.orders.items():
            found = self.call("GetOrder", order_service_pb2.GetOrderRequest(order_id=order_id))[0]
            assert order_pb2.OrderStatus.Name(found.status) == f"ORDER_STATUS_{order.status}", order_id
        for order in (*self._model.orders.values(), *self._model.tickets.values()):
            if order.payment and order.payment.payment_id:
                request = payment_service_pb2.GetPaymentRequest(payment_id=order.payment.payment_id)
                found = self.call("GetPayment", request)[0]
                assert_payment(found, order.payment)
                assert found.refunded_amount.minor_units == order.payment.refunded

    def send(self, method: str, request: Any) -> Sent:
        """The request, and the answer that the model gives."""
        expected = self._model.answer(method, request)
        answer, reason, replayed = self.call(method, request)
        assert (reason, replayed) == (expected.reason, expected.replayed), f"{method} {request}"
        if answer:
            self.learn(answer, expected.about)
        if expected.key:
            first = self._firsts.setdefault(expected.key, answer)
            assert answer == first, f"{method} {request}: a replay equals the first answer"
        return method, request

    def learn(self, answer: Any, about: Any) -> None:
        """Compare the answer with what it is about, and keep what only the server can know."""
        match about:
            case Payment():
                about.payment_id = about.payment_id or answer.payment.payment_id
                assert_payment(answer.payment, about)
            case Order() if isinstance(answer, ticket_pb2.Ticket):
                self._model.tickets[answer.ticket] = about
            case Order():
                status = order_pb2.OrderStatus.Name(answer.status)
                assert (status, answer.amount.minor_units) == (f"ORDER_STATUS_{about.status}", about.amount)
            case int():
                assert answer.entry.balance_after.minor_units == about

    def call(self, method: str, request: Any) -> tuple[Any, str, bool]:
        """The answer or None, the error's reason, and whether it is a replay."""
        stub = next(s for s in self.stubs if hasattr(s, method))
        try:
            answer, call = getattr(stub, method).with_call(request, timeout=TIMEOUT_S, wait_for_ready=True)
        except grpc.RpcError as error:
            return None, reason_of(error), False
        return answer, "", dict(call.trailing_metadata()).get("idempotent-replayed") == "true"

    def new_order(self, name: str, amount: Any) -> str:
        order_id = self.id(f"o{next(self._numbers)}")
        request = order_service_pb2.CreateOrderRequest(
            order_id=order_id,
            customer_id=self.id(name),
            payer_account_id=self.id(name),
            payee_account_id=self.id("shop"),
            amount=amount,
        )
        self.send("CreateOrder", request)
        return order_id

    def paid(self, order: Order) -> Any:
        """Its payment, for rules to come, if there is one."""
        return multiple(order.payment.payment_id) if order.payment else multiple()

    def id(self, name: str) -> str:
        return f"{self._prefix}-{name}"
