"""Which error it is: by the reason that a service gives, else by the status. The one table."""

from collections.abc import Mapping

import grpc

from payonce.client.errors import (
    AccountKindMismatch,
    AlreadyExists,
    AmountMismatch,
    AuthorizationExpired,
    BalanceLimitExceeded,
    CurrencyMismatch,
    IdempotencyKeyReused,
    InsufficientFunds,
    InternalError,
    InvalidRequest,
    NotFound,
    OrderAlreadyPaid,
    OrderCancelled,
    OrderRefunded,
    Overloaded,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentDeclined,
    PaymentRefunded,
    PaymentReversed,
    PaymentVoided,
    PayonceError,
    PermissionDenied,
    RefundExceedsPayment,
    Refused,
    TicketExpired,
    TicketMismatch,
    TokenExpired,
    Unauthenticated,
    Unavailable,
)

CLASS_OF: Mapping[str, type[PayonceError]] = {
    "INVALID_REQUEST": InvalidRequest,
    "ORDER_NOT_FOUND": NotFound,
    "ACCOUNT_NOT_FOUND": NotFound,
    "PAYMENT_NOT_FOUND": NotFound,
    "TICKET_NOT_FOUND": NotFound,
    "ORDER_ALREADY_EXISTS": AlreadyExists,
    "ACCOUNT_ALREADY_EXISTS": AlreadyExists,
    "ORDER_ALREADY_PAID": OrderAlreadyPaid,
    "ORDER_CANCELLED": OrderCancelled,
    "ORDER_REFUNDED": OrderRefunded,
    "PAYMENT_AUTHORIZED": PaymentAuthorized,
    "PAYMENT_CAPTURED": PaymentCaptured,
    "PAYMENT_DECLINED": PaymentDeclined,
    "PAYMENT_REFUNDED": PaymentRefunded,
    "PAYMENT_REVERSED": PaymentReversed,
    "PAYMENT_VOIDED": PaymentVoided,
    "AUTHORIZATION_EXPIRED": AuthorizationExpired,
    "TICKET_EXPIRED": TicketExpired,
    "TICKET_MISMATCH": TicketMismatch,
    "REFUND_EXCEEDS_PAYMENT": RefundExceedsPayment,
    "INSUFFICIENT_FUNDS": InsufficientFunds,
    "AMOUNT_MISMATCH": AmountMismatch,
    "CURRENCY_MISMATCH": CurrencyMismatch,
    "ACCOUNT_KIND_MISMATCH": AccountKindMismatch,
    "BALANCE_LIMIT_EXCEEDED": BalanceLimitExceeded,
    "IDEMPOTENCY_KEY_REUSED": IdempotencyKeyReused,
    "PAYMENT_IN_PROGRESS": Unavailable,
    "ORDER_SERVICE_UNAVAILABLE": Unavailable,
    "DATABASE_UNAVAILABLE": Unavailable,
    "DATABASE_CONTENTION": Unavailable,
    "STARTING": Unavailable,
    "SHUTTING_DOWN": Unavailable,
    "NOT_AUTHENTICATED": Unauthenticated,
    "TOKEN_EXPIRED": TokenExpired,
    "ROLE_NOT_ALLOWED": PermissionDenied,
    "RATE_LIMITED": Overloaded,
    "OVERLOADED": Overloaded,
    "INTERNAL": InternalError,
}
# For the transport's own errors, and for a reason that a newer service has and this client does not know.
CLASS_OF_CODE: Mapping[grpc.StatusCode, type[PayonceError]] = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidRequest,
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.ALREADY_EXISTS: AlreadyExists,
    grpc.StatusCode.FAILED_PRECONDITION: Refused,
    grpc.StatusCode.UNAUTHENTICATED: Unauthenticated,
    grpc.StatusCode.PERMISSION_DENIED: PermissionDenied,
    grpc.StatusCode.INTERNAL: InternalError,
    grpc.StatusCode.UNAVAILABLE: Unavailable,
    grpc.StatusCode.DEADLINE_EXCEEDED: Unavailable,
    grpc.StatusCode.CANCELLED: Unavailable,  # by a server that stopped before it had taken the call in
}


def class_of(code: grpc.StatusCode, reason: str) -> type[PayonceError]:
    """By reason, else by status; `PayonceError` itself when neither says more."""
    return CLASS_OF.get(reason) or CLASS_OF_CODE.get(code, PayonceError)
