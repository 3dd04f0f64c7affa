"""Every reason has its class; what came over the wire is in the exception."""

import pickle

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from guide.documented import documented
from payonce.client import errors
from payonce.client.details import from_outcome, from_rpc
from payonce.client.errors import NotFound, Overloaded, PayonceError, Refused, Unavailable
from payonce.client.reasons import CLASS_OF, CLASS_OF_CODE, class_of
from payonce.client.retries import may_be_sent_again
from payonce.payment.v1.batch_pb2 import PayOrderError
from shared.errors import PayonceError as Answered
from shared.errors import Reason, Violation
from shared.rpc.errors import STATUS_OF, trailing_metadata


def test_every_reason_has_a_class_and_every_class_a_reason() -> None:
    assert set(CLASS_OF) == {str(reason) for reason in Reason}
    classes = {getattr(errors, name) for name in errors.__all__}
    assert {*CLASS_OF.values(), PayonceError, Refused} == {one for one in classes if issubclass(one, PayonceError)}


def test_what_the_protos_document_has_a_class_that_goes_with_its_status() -> None:
    told = {pair for answers in documented().values() for pair in answers}
    assert {reason for _, reason in told} <= set(CLASS_OF)
    for status, reason in told:
        code = grpc.StatusCode[status]
        # What a client that did not know the reason would raise is caught by whoever catches what this one raises.
        assert issubclass(CLASS_OF[reason], CLASS_OF_CODE.get(code, PayonceError)), (status, reason)


@pytest.mark.parametrize("reason", Reason)
def test_an_error_tells_all_that_came(reason: Reason) -> None:
    sent = Answered(
        reason, "no", metadata={"fields": "amount"}, violations=[Violation("amount", "odd")], retry_after_s=0.25
    )
    got = from_rpc(over_the_wire(sent), "request-1")
    assert type(got) is CLASS_OF[reason]
    assert (got.reason, got.message, got.code) == (reason, "no", STATUS_OF[reason])
    assert (got.metadata, got.violations, got.retry_delay_s) == ({"fields": "amount"}, [("amount", "odd")], 0.25)
    assert got.request_id == "request-1"
    assert vars(pickle.loads(pickle.dumps(got))) == vars(got)  # noqa: S301 - as a queue of tasks does


@pytest.mark.parametrize("reason", Reason)
def test_what_the_service_would_like_to_be_asked_again_is_asked_again(reason: Reason) -> None:
    again = STATUS_OF[reason] in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)
    assert may_be_sent_again(from_rpc(over_the_wire(Answered(reason, "no")), "")) == again


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.UNAVAILABLE, Unavailable),
        (grpc.StatusCode.DEADLINE_EXCEEDED, Unavailable),
        (grpc.StatusCode.CANCELLED, Unavailable),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, PayonceError),  # the message is too big, and will be
        (grpc.StatusCode.UNIMPLEMENTED, PayonceError),
    ],
)
def test_the_transports_own_errors_have_a_class_too(code: grpc.StatusCode, kind: type[PayonceError]) -> None:
    nothing = grpc.aio.Metadata()
    got = from_rpc(grpc.aio.AioRpcError(code, nothing, nothing, "broken"), "")
    assert (type(got), got.reason, got.metadata, got.retry_delay_s) == (kind, "", {}, None)


def test_a_reason_that_a_newer_service_has_is_what_its_status_says() -> None:
    assert class_of(grpc.StatusCode.FAILED_PRECONDITION, "NEWER") is Refused
    assert class_of(grpc.StatusCode.DATA_LOSS, "NEWER") is PayonceError


def test_an_order_of_a_batch_has_the_same_errors() -> None:
    absent = from_outcome(PayOrderError(code=5, reason="ORDER_NOT_FOUND", message="no", metadata={"order_id": "o"}))
    assert (type(absent), absent.code, absent.metadata) == (NotFound, grpc.StatusCode.NOT_FOUND, {"order_id": "o"})
    assert absent.retry_delay_s is None
    busy = from_outcome(
        PayOrderError(code=8, reason="OVERLOADED", message="no", retry_delay=Duration(nanos=500_000_000))
    )
    assert (type(busy), busy.retry_delay_s) == (Overloaded, 0.5)


def over_the_wire(sent: Answered) -> grpc.aio.AioRpcError:
    trailers = grpc.aio.Metadata(*trailing_metadata(sent))
    return grpc.aio.AioRpcError(STATUS_OF[sent.reason], grpc.aio.Metadata(), trailers, sent.message)
