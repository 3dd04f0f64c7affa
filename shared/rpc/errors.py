"""The one table that turns our errors into gRPC statuses, and their details into what clients read.

Nothing else in the services names a status code for an answer.
"""

import functools

import grpc
from google.protobuf import any_pb2, duration_pb2, message
from google.rpc import error_details_pb2, status_pb2

from shared.errors import PayonceError, Reason, Violation

DOMAIN = "payonce"
# Details travel as metadata, and clients take 16 kB of it: with more, the caller would see RESOURCE_EXHAUSTED instead.
VIOLATIONS_LIMIT = 20
_Code = grpc.StatusCode

STATUS_OF: dict[Reason, grpc.StatusCode] = {
    Reason.INVALID_REQUEST: _Code.INVALID_ARGUMENT,
    Reason.ORDER_NOT_FOUND: _Code.NOT_FOUND,
    Reason.ACCOUNT_NOT_FOUND: _Code.NOT_FOUND,
    Reason.PAYMENT_NOT_FOUND: _Code.NOT_FOUND,
    Reason.TICKET_NOT_FOUND: _Code.NOT_FOUND,
    Reason.ORDER_ALREADY_EXISTS: _Code.ALREADY_EXISTS,
    Reason.ACCOUNT_ALREADY_EXISTS: _Code.ALREADY_EXISTS,
    Reason.ORDER_ALREADY_PAID: _Code.FAILED_PRECONDITION,
    Reason.ORDER_CANCELLED: _Code.FAILED_PRECONDITION,
    Reason.ORDER_REFUNDED: _Code.FAILED_PRECONDITION,
    Reason.PAYMENT_AUTHORIZED: _Code.FAILED_PRECONDITION,
    Reason.PAYMENT_CAPTURED: _Code.FAILED_PRECONDITION,
    Reason.PAYMENT_DECLINED: _Code.FAILED_PRECONDITION,
    Reason.PAYMENT_REFUNDED: _Code.FAILED_PRECONDITION,
    Reason.PAYMENT_REVERSED: _Code.FAILED_PRECONDITION,
    Reason.PAYMENT_VOIDED: _Code.FAILED_PRECONDITION,
    Reason.AUTHORIZATION_EXPIRED: _Code.FAILED_PRECONDITION,
    Reason.TICKET_EXPIRED: _Code.FAILED_PRECONDITION,
    Reason.TICKET_MISMATCH: _Code.FAILED_PRECONDITION,
    Reason.REFUND_EXCEEDS_PAYMENT: _Code.FAILED_PRECONDITION,
    Reason.INSUFFICIENT_FUNDS: _Code.FAILED_PRECONDITION,
    Reason.AMOUNT_MISMATCH: _Code.FAILED_PRECONDITION,
    Reason.CURRENCY_MISMATCH: _Code.FAILED_PRECONDITION,
    Reason.ACCOUNT_KIND_MISMATCH: _Code.FAILED_PRECONDITION,
    Reason.BALANCE_LIMIT_EXCEEDED: _Code.FAILED_PRECONDITION,
    Reason.IDEMPOTENCY_KEY_REUSED: _Code.FAILED_PRECONDITION,
    Reason.PAYMENT_IN_PROGRESS: _Code.UNAVAILABLE,
    Reason.ORDER_SERVICE_UNAVAILABLE: _Code.UNAVAILABLE,
    Reason.DATABASE_UNAVAILABLE: _Code.UNAVAILABLE,
    Reason.DATABASE_CONTENTION: _Code.UNAVAILABLE,
    Reason.STARTING: _Code.UNAVAILABLE,
    Reason.SHUTTING_DOWN: _Code.UNAVAILABLE,
    Reason.NOT_AUTHENTICATED: _Code.UNAUTHENTICATED,
    Reason.TOKEN_EXPIRED: _Code.UNAUTHENTICATED,
    Reason.ROLE_NOT_ALLOWED: _Code.PERMISSION_DENIED,
    Reason.RATE_LIMITED: _Code.RESOURCE_EXHAUSTED,
    Reason.OVERLOADED: _Code.RESOURCE_EXHAUSTED,
    Reason.INTERNAL: _Code.INTERNAL,
}

Metadata = tuple[tuple[str, str | bytes], ...]


def trailing_metadata(error: PayonceError) -> Metadata:
    """`grpc-status-details-bin` with google.rpc details (AIP-193), and the retry pushback that gRPC clients obey."""
    if error.metadata or error.violations:
        return _written(error)
    return _same_for_all(error.reason, error.message, error.retry_after_s)


# What many callers are told in the same words, such as OVERLOADED, is written once: a refusal must be cheap.
@functools.lru_cache(maxsize=64)
def _same_for_all(reason: Reason, text: str, retry_after_s: float | None) -> Metadata:
    return _written(PayonceError(reason, text, retry_after_s=retry_after_s))


def _written(error: PayonceError) -> Metadata:
    status = status_pb2.Status(code=code_of(error), message=error.message)
    for detail in _details(error):
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    metadata: Metadata = (("grpc-status-details-bin", status.SerializeToString()),)
    if error.retry_after_s is not None:
        metadata += (("grpc-retry-pushback-ms", str(round(error.retry_after_s * 1000))),)
    return metadata


def code_of(error: PayonceError) -> int:
    """The number of the error's canonical status."""
    return int(STATUS_OF[error.reason].value[0])


def _details(error: PayonceError) -> list[message.Message]:
    details: list[message.Message] = [
        error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata)
    ]
    if error.violations:
        shown = list(error.violations[:VIOLATIONS_LIMIT])
        if more := len(error.violations) - len(shown):
            shown.append(Violation("", f"and {more} more"))
        violations = [
            error_details_pb2.BadRequest.FieldViolation(field=v.field, description=v.description) for v in shown
        ]
        details.append(error_details_pb2.BadRequest(field_violations=violations))
    if error.retry_after_s is not None:
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(round(error.retry_after_s * 1000))
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    return details
