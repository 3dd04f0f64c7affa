"""Reading the services' answers."""

from typing import Any

from google.rpc import error_details_pb2, status_pb2

from payonce.payment.v1 import payment_pb2
from tests.stateful.model import Payment


def assert_payment(found: payment_pb2.Payment, expected: Payment) -> None:
    shown = (
        payment_pb2.PaymentState.Name(found.state).removeprefix("PAYMENT_STATE_"),
        found.state_reason,
        found.amount.minor_units,
        found.captured_amount.minor_units,
        found.payer_account_id,
        found.payee_account_id,
        found.payment_id,
    )
    p = expected
    assert shown == (p.state, p.reason, p.amount, p.captured, p.payer, p.payee, p.payment_id)


def reason_of(error: Any) -> str:
    """ErrorInfo's reason, or, so that an assertion shows it, the whole error."""
    packed = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
    for detail in status_pb2.Status.FromString(packed).details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return str(info.reason)
    return str(error)
