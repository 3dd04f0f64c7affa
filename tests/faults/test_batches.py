"""A batch is in the history as a PayOrder of each of its orders, so that the same is asked of it."""

from faults.batches import one_by_one
from faults.calls import money
from faults.history import Call, Outcome
from payonce.payment.v1 import batch_pb2, payment_pb2

REQUEST = batch_pb2.BatchPayOrdersRequest(
    orders=[batch_pb2.OrderToPay(order_id=name, expected_amount=money(5)) for name in ("a", "b", "c", "d")]
)


def test_each_order_is_a_call_of_its_own() -> None:
    answer = batch_pb2.BatchPayOrdersResponse(
        outcomes=[
            batch_pb2.PayOrderOutcome(payment=payment_pb2.Payment(payment_id="p"), order_confirmed=True),
            batch_pb2.PayOrderOutcome(payment=payment_pb2.Payment(payment_id="q"), replayed=True),
            batch_pb2.PayOrderOutcome(error=batch_pb2.PayOrderError(code=5, reason="ORDER_NOT_FOUND")),
            batch_pb2.PayOrderOutcome(error=batch_pb2.PayOrderError(code=14, reason="PAYMENT_IN_PROGRESS")),
        ]
    )
    batch = Call(story=1, rpc="BatchPayOrders", request=REQUEST, begun_s=1.0, ended_s=2.0, answer=answer)
    calls = list(one_by_one(batch))
    assert [(call.rpc, call.request.order_id, call.begun_s, call.ended_s) for call in calls] == [
        ("PayOrder", name, 1.0, 2.0) for name in ("a", "b", "c", "d")
    ]
    assert all(call.request.expected_amount == money(5) for call in calls)
    paid, again, refused, later = calls
    assert (paid.outcome, paid.answer.payment.payment_id, paid.answer.order_confirmed) == (Outcome.OK, "p", True)
    assert (again.outcome, again.answer.payment.payment_id, again.replayed) == (Outcome.OK, "q", True)
    assert (refused.outcome, refused.said) == (Outcome.REFUSED, "NOT_FOUND/ORDER_NOT_FOUND")
    assert (later.outcome, later.said) == (Outcome.AGAIN, "UNAVAILABLE/PAYMENT_IN_PROGRESS")


def test_a_batch_without_an_answer_leaves_every_order_open() -> None:
    """Whoever took them for refused would blame the payment that was made."""
    batch = Call(story=1, rpc="BatchPayOrders", request=REQUEST, begun_s=1.0, ended_s=2.0, status="UNAVAILABLE")
    assert [(call.outcome, call.said) for call in one_by_one(batch)] == [(Outcome.UNKNOWN, "UNAVAILABLE")] * 4
