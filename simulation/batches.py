"""BatchPayOrders of a client: every order there is, and one item that can't be paid, whatever happens."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import grpc

from payonce.payment.v1 import batch_pb2, payment_service_pb2
from payonce.type.v1.money_pb2 import Money
from shared.errors import Reason
from simulation.network import Answer
from simulation.plan import ABSENT, OF_NOBODY, PRICE, Operation

BATCH = "pay_batch"
CODES: dict[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}
# No such order; one whose payer has no account, which is seen in the midst of the transaction; another amount.
POISON = (f"order-{ABSENT}", f"order-{OF_NOBODY}", "")


def batch(operation: Operation, orders: Sequence[str]) -> batch_pb2.BatchPayOrdersRequest:
    """`operation.subject` says which poison it is, its amount where it stands."""
    asked = [batch_pb2.OrderToPay(order_id=order_id) for order_id in orders]
    poison = batch_pb2.OrderToPay(order_id=POISON[operation.subject])
    if not poison.order_id:
        wrong = Money(currency_code="EUR", minor_units=PRICE + 1)
        poison = batch_pb2.OrderToPay(order_id=orders[0], expected_amount=wrong)
    asked.insert(operation.amount % (len(asked) + 1), poison)
    return batch_pb2.BatchPayOrdersRequest(orders=asked)


def one_by_one(
    operation: Operation, request: batch_pb2.BatchPayOrdersRequest, answer: Answer
) -> Iterator[tuple[Operation, payment_service_pb2.PayOrderRequest, Answer]]:
    """As what it is: a PayOrder of each. Without an answer to the batch none of them has one."""
    outcomes = answer.message.outcomes if answer.message is not None else [None] * len(request.orders)
    for item, outcome in zip(request.orders, outcomes, strict=True):
        expected = item.expected_amount if item.HasField("expected_amount") else None
        asked = payment_service_pb2.PayOrderRequest(order_id=item.order_id, expected_amount=expected)
        kind = "pay" if expected is None else "pay_wrong_amount"
        number = int(item.order_id.rpartition("-")[2])
        told = answer if outcome is None else _answer(outcome)
        yield replace(operation, kind=kind, subject=number, amount=0), asked, told


def _answer(outcome: batch_pb2.PayOrderOutcome) -> Answer:
    if outcome.HasField("error"):
        return Answer(CODES[outcome.error.code], reason=Reason(outcome.error.reason))
    made = payment_service_pb2.PayOrderResponse(payment=outcome.payment, order_confirmed=outcome.order_confirmed)
    return Answer(grpc.StatusCode.OK, made, replayed=outcome.replayed)
