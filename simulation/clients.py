"""The clients: each sends its request until it is answered, or gives up; everything that was answered is kept."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from payment_service.domain.payments import order_subject
from payment_service.domain.tickets import ticket_subject
from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import account_pb2, authorization_pb2, payment_service_pb2, refund_pb2, ticket_pb2
from payonce.type.v1.money_pb2 import Money
from simulation.batches import BATCH, batch, one_by_one
from simulation.loop import Life
from simulation.network import Answer, Code
from simulation.nodes import ORDERS
from simulation.plan import OF_NOBODY, PRICE, Operation
from simulation.stage import Stage
from simulation.world import context_of

PATIENCE_S = 3.0
PAUSE_S = 0.2
UNKNOWN = (Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.RESOURCE_EXHAUSTED, Code.CANCELLED)
ENOUGH = 200  # tries of one who never gives up
ORDER = "/payonce.order.v1.OrderService/"
PAYMENT = "/payonce.payment.v1.PaymentService/"


@dataclass(frozen=True, slots=True)
class Call:
    """One request, and what its client was told."""

    operation: Operation
    method: str
    request: Any
    answer: Answer

    @property
    def unknown(self) -> bool:
        """The client doesn't know what came of it."""
        return self.answer.code in UNKNOWN


def order_id(number: int) -> str:
    """The id of an order of the plan."""
    return f"order-{number}"


def secret(number: int) -> str:
    """A ticket of the plan, as its holder has it."""
    return f"ticket-{number}".ljust(22, "_")


def subject_of(operation: Operation) -> str:
    """What the operation is about, as the claim has it."""
    if operation.kind.endswith("_ticket"):
        return ticket_subject(secret(operation.subject))
    return order_subject(order_id(operation.subject))


class Clients:
    """All of them, and the history of what they asked and heard."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.history: list[Call] = []
        self._open = 0

    def start(self, operations: list[Operation]) -> None:
        """Each as a task of its own."""
        for operation in operations:
            self._open += 1
            context = context_of(Life(operation.client))
            self._stage.world.loop.create_task(self._perform(operation), context=context)

    def done(self) -> bool:
        """Whether every client knows, or gave up."""
        return self._open == 0

    async def _perform(self, operation: Operation) -> None:
        if operation.pause_s:
            await asyncio.sleep(operation.pause_s)
        method, request = await self._request(operation)
        for number in range(ENOUGH if request else 0):
            address = ORDERS if method.startswith(ORDER) else operation.nodes[number % 2]
            answer = await self._stage.network.call(address, method, request, timeout_s=PATIENCE_S)
            calls = _calls(operation, method, request, answer)
            self.history += calls
            for call in calls:
                self._stage.world.tell(f"{call.operation} is told {call.answer.reason or call.answer.code.name}")
            if not any(call.unknown for call in calls) or number + 1 == operation.tries:
                break
            await asyncio.sleep(PAUSE_S)
        else:
            if request:
                self._stage.world.trouble.append(f"{operation} was never answered")
        self._open -= 1

    async def _request(self, o: Operation) -> tuple[str, Any]:
        """The method and the message; no message when there is no payment that it could be about."""
        order = order_id(o.subject)
        match o.kind:
            case "pay":
                return PAYMENT + "PayOrder", payment_service_pb2.PayOrderRequest(order_id=order)
            case "pay_wrong_amount":
                amount = _money(PRICE + 1)
                return PAYMENT + "PayOrder", payment_service_pb2.PayOrderRequest(order_id=order, expected_amount=amount)
            case "pay_batch":
                orders = sorted(row["order_id"] for row in self._stage.rows("orders"))
                return PAYMENT + "BatchPayOrders", batch(o, [one for one in orders if one != order_id(OF_NOBODY)])
            case "authorize":
                return PAYMENT + "AuthorizePayment", authorization_pb2.AuthorizePaymentRequest(order_id=order)
            case "cancel":
                return ORDER + "CancelOrder", order_service_pb2.CancelOrderRequest(order_id=order)
            case "reverse":
                return PAYMENT + "ReversePayment", refund_pb2.ReversePaymentRequest(order_id=order)
            case "pay_ticket":
                request = ticket_pb2.PayWithTicketRequest(
                    ticket=secret(o.subject), payee_account_id="shop", amount=_money(PRICE)
                )
                return PAYMENT + "PayWithTicket", request
            case "reverse_ticket":
                return PAYMENT + "ReversePayment", refund_pb2.ReversePaymentRequest(ticket=secret(o.subject))
            case "deposit":
                request_id = f"deposit-{o.subject}"
                deposit = account_pb2.DepositRequest(account_id="c-0", amount=_money(PRICE), request_id=request_id)
                return PAYMENT + "Deposit", deposit
        return await self._about_a_payment(o)

    async def _about_a_payment(self, o: Operation) -> tuple[str, Any]:
        payment_id = await self._payment(o)
        if payment_id is None:
            return "", None
        named = str(payment_id)
        match o.kind:
            case "capture":
                return PAYMENT + "CapturePayment", authorization_pb2.CapturePaymentRequest(
                    payment_id=named, amount=_money(o.amount)
                )
            case "void":
                return PAYMENT + "VoidAuthorization", authorization_pb2.VoidAuthorizationRequest(payment_id=named)
            case _:
                # Of one amount by one request id, so that two clients meet at it; the rest by one each.
                request_id = f"part-{o.subject}-{o.amount}" if o.kind == "refund_part" else o.client
                refund = refund_pb2.RefundPaymentRequest(
                    payment_id=named, amount=_money(o.amount or PRICE), request_id=request_id
                )
                return PAYMENT + "RefundPayment", refund

    async def _payment(self, operation: Operation) -> UUID | None:
        """The payment of the order, as its payer may have told; waited for a little."""
        subject = subject_of(operation)
        for _ in range(8):
            for row in self._stage.rows("payments"):
                if row["subject"] == subject and row["state"] != "declined":
                    return UUID(str(row["payment_id"]))
            await asyncio.sleep(0.1)
        return None


def _calls(operation: Operation, method: str, request: Any, answer: Answer) -> list[Call]:
    if operation.kind != BATCH:
        return [Call(operation, method, request, answer)]
    return [Call(one, PAYMENT + "PayOrder", asked, told) for one, asked, told in one_by_one(operation, request, answer)]


def _money(minor_units: int) -> Money:
    return Money(currency_code="EUR", minor_units=minor_units)
