"""From what came over the wire to what is raised."""

from typing import Any

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2

from payonce.client.errors import PayonceError, Violation
from payonce.client.reasons import class_of
from payonce.payment.v1.batch_pb2 import PayOrderError

STATUS = {code.value[0]: code for code in grpc.StatusCode}


def from_rpc(error: grpc.aio.AioRpcError, request_id: str) -> PayonceError:
    """Of a call that failed, with its google.rpc details."""
    trailers = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(trailers.get("grpc-status-details-bin", b""))
    info = _detail(status, error_details_pb2.ErrorInfo())
    retry = _detail(status, error_details_pb2.RetryInfo())
    bad = _detail(status, error_details_pb2.BadRequest())
    code, reason = error.code(), info.reason if info else ""
    return class_of(code, reason)(
        error.details() or "no answer",
        code,
        reason=reason,
        metadata=dict(info.metadata) if info else {},
        retry_delay_s=_seconds(retry.retry_delay) if retry else None,
        violations=[Violation(v.field, v.description) for v in bad.field_violations] if bad else [],
        request_id=request_id,
    )


def from_outcome(error: PayOrderError) -> PayonceError:
    """Of one order in a batch."""
    code = STATUS.get(error.code, grpc.StatusCode.UNKNOWN)
    return class_of(code, error.reason)(
        error.message,
        code,
        reason=error.reason,
        metadata=dict(error.metadata),
        retry_delay_s=_seconds(error.retry_delay) if error.HasField("retry_delay") else None,
    )


def _detail(status: status_pb2.Status, kind: Any) -> Any:
    """The status's detail of that kind, unpacked; None when it has none."""
    return next((kind for packed in status.details if packed.Unpack(kind)), None)


def _seconds(duration: Duration) -> float:
    return float(duration.ToTimedelta().total_seconds())
