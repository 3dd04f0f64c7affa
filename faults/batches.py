"""BatchPayOrders in a history: also as what it is, a PayOrder for each of its orders."""

from collections.abc import Iterator

import grpc

from faults.history import Call, Outcome
from payonce.payment.v1 import batch_pb2, payment_service_pb2

STATUSES: dict[int, str] = {status.value[0]: status.name for status in grpc.StatusCode}


def outcome_of(one: batch_pb2.PayOrderOutcome) -> Outcome:
    """What the caller knows of one order."""
    if not one.HasField("error"):
        return Outcome.OK
    return Outcome.of(STATUSES[one.error.code], one.error.reason)


def one_by_one(batch: Call) -> Iterator[Call]:
    """A PayOrder for each; when the batch had no answer none of them had."""
    outcomes = batch.answer.outcomes if batch.answer is not None else [None] * len(batch.request.orders)
    for asked, one in zip(batch.request.orders, outcomes, strict=True):
        expected = asked.expected_amount if asked.HasField("expected_amount") else None
        request = payment_service_pb2.PayOrderRequest(order_id=asked.order_id, expected_amount=expected)
        call = Call(
            story=batch.story, rpc="PayOrder", request=request, begun_s=batch.begun_s, process=batch.process,
            ended_s=batch.ended_s, outcome=batch.outcome, status=batch.status, reason=batch.reason, text=batch.text,
            hung_up=batch.hung_up,
        )  # fmt: skip
        if one is not None:
            call.outcome, call.replayed = outcome_of(one), one.replayed
            call.status, call.reason, call.text = STATUSES[one.error.code], one.error.reason, one.error.message
        if call.outcome is Outcome.OK and one is not None:
            call.answer = payment_service_pb2.PayOrderResponse(payment=one.payment, order_confirmed=one.order_confirmed)
        yield call
