"""What the clients were told, held against the books: nothing that is public is taken back silently."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from payonce.payment.v1 import payment_pb2
from shared.errors import Reason
from simulation.clients import ORDER, PAYMENT, Call, order_id, subject_of
from simulation.network import Code
from simulation.stage import Stage

MADE = (PAYMENT + "PayOrder", PAYMENT + "PayWithTicket", PAYMENT + "CapturePayment")
STANDS = {"succeeded", "refunded", "reversed"}
WAS_PAID = {"paid", "refunded"}
Rows = dict[str, dict[str, Any]]


def told(stage: Stage, history: Sequence[Call]) -> Iterator[str]:
    """I1, I13, I14."""
    payments: Rows = {str(row["payment_id"]): row for row in stage.rows("payments")}
    orders: Rows = {row["order_id"]: row for row in stage.rows("orders")}
    first: dict[str, Any] = {}
    for call in history:
        if call.answer.code != Code.OK:
            continue
        yield from _success(call, payments, orders)
        if call.method in MADE:
            key, made = subject_of(call.operation), call.answer.message.payment
            if first.setdefault(key, made) != made:
                yield f"I13 {key} was answered with {_line(first[key])} and with {_line(made)}"
    yield from _requests(stage, history)
    yield from _refused(stage, history)


def _success(call: Call, payments: Rows, orders: Rows) -> Iterator[str]:
    message, operation = call.answer.message, call.operation
    if wrong := _not_as_asked(call):
        yield f"I7 {operation} was answered OK, but {wrong}"
    if call.method == ORDER + "CancelOrder":
        if _status(call, orders) != "cancelled":
            yield f"I1 {operation} was told it is cancelled"
    elif call.method in MADE:
        row = payments.get(message.payment.payment_id)
        if row is None or row["state"] not in STANDS:
            yield f"I1 {operation} was told {_line(message.payment)}, and there is {row and row['state']}"
        elif call.method == PAYMENT + "PayOrder" and message.order_confirmed and _status(call, orders) not in WAS_PAID:
            yield f"I6 {operation} was told that its order is confirmed"
    elif call.method in (PAYMENT + "ReversePayment", PAYMENT + "VoidAuthorization"):
        row = payments.get(message.payment.payment_id)
        if row is None or row["state"] not in ("reversed", "voided"):
            yield f"I1 {operation} was told it is taken back, and it is {row and row['state']}"


def _not_as_asked(call: Call) -> str:
    """What is otherwise in the answer than in the request."""
    asked, told = call.request, call.answer.message
    match call.operation.kind:
        case "pay" | "pay_wrong_amount" | "authorize":
            wanted, found = (asked.expected_amount if asked.HasField("expected_amount") else None), told.payment.amount
        case "pay_ticket":
            wanted, found = asked.amount, told.payment.amount
        case "capture":
            wanted, found = asked.amount, told.payment.captured_amount
        case "refund_part" | "refund_rest":
            wanted, found = asked.amount, told.refund.amount
        case "deposit":
            wanted, found = asked.amount, told.entry.amount
        case _:
            return ""
    return "" if wanted in (None, found) else f"of {found.minor_units}, not of {wanted.minor_units}"


def _status(call: Call, orders: Rows) -> str:
    return str(orders[order_id(call.operation.subject)]["status"])


def _requests(stage: Stage, history: Sequence[Call]) -> Iterator[str]:
    """One request id, one effect, one answer."""
    answers: dict[str, list[Any]] = defaultdict(list)
    for call in history:
        if call.answer.code == Code.OK and _has_id(call):
            answers[f"{call.method} {call.request.request_id}"].append(call.answer.message)
    for key, messages in answers.items():
        if any(message != messages[0] for message in messages):
            yield f"I13 {key} was answered in different ways"
    made = [row for row in stage.rows("requests") if row["method"] == "Deposit"]
    deposits = [row for row in stage.rows("transfers") if row["kind"] == "deposit"]
    if len(made) != len(deposits):
        yield f"I13 {len(made)} deposits were asked for, {len(deposits)} made"
    completed = {str(c["correction_id"]) for c in stage.rows("corrections") if c["completed_at"]}
    for call in history:
        refunded = call.answer.code == Code.OK and call.method == PAYMENT + "RefundPayment"
        if refunded and call.answer.message.refund.refund_id not in completed:
            yield f"I1 {call.operation} was told of a refund that is not there"


def _has_id(call: Call) -> bool:
    return call.method in (PAYMENT + "Deposit", PAYMENT + "RefundPayment")


def _refused(stage: Stage, history: Sequence[Call]) -> Iterator[str]:
    """What was refused to all who asked has no money on it.

    Too little money is no such refusal: the order stays payable, and a request that was doubled on its way, or comes
    late, may find more of it.
    """
    calls: dict[str, list[Call]] = defaultdict(list)
    for call in history:
        calls[subject_of(call.operation)].append(call)
    for payment in stage.rows("payments"):
        about = calls.get(payment["subject"], [])
        if payment["state"] != "succeeded" or any(call.unknown for call in about):
            continue
        if all(call.answer.code != Code.OK and call.answer.reason != Reason.INSUFFICIENT_FUNDS for call in about):
            yield f"I14 {payment['subject']} was refused to all who asked, and is paid"


def _line(payment: payment_pb2.Payment) -> str:
    state = payment_pb2.PaymentState.Name(payment.state)
    return f"{state} {payment.payment_id} at {payment.create_time.ToNanoseconds()}"
