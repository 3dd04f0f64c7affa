"""Errors that a caller is meant to see. Each says what happened and, where there is one, what to do next.

The statuses they become on the wire stand in one table, `shared.rpc.errors.STATUS_OF`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """`google.rpc.ErrorInfo.reason` of every error; documented RPC by RPC in `protos/`."""

    INVALID_REQUEST = "INVALID_REQUEST"
    ORDER_NOT_FOUND = "ORDER_NOT_FOUND"
    ACCOUNT_NOT_FOUND = "ACCOUNT_NOT_FOUND"
    PAYMENT_NOT_FOUND = "PAYMENT_NOT_FOUND"
    TICKET_NOT_FOUND = "TICKET_NOT_FOUND"
    ORDER_ALREADY_EXISTS = "ORDER_ALREADY_EXISTS"
    ACCOUNT_ALREADY_EXISTS = "ACCOUNT_ALREADY_EXISTS"
    ORDER_ALREADY_PAID = "ORDER_ALREADY_PAID"
    ORDER_CANCELLED = "ORDER_CANCELLED"
    ORDER_REFUNDED = "ORDER_REFUNDED"
    PAYMENT_AUTHORIZED = "PAYMENT_AUTHORIZED"
    PAYMENT_CAPTURED = "PAYMENT_CAPTURED"
    PAYMENT_DECLINED = "PAYMENT_DECLINED"
    PAYMENT_REFUNDED = "PAYMENT_REFUNDED"
    PAYMENT_REVERSED = "PAYMENT_REVERSED"
    PAYMENT_VOIDED = "PAYMENT_VOIDED"
    AUTHORIZATION_EXPIRED = "AUTHORIZATION_EXPIRED"
    TICKET_EXPIRED = "TICKET_EXPIRED"
    TICKET_MISMATCH = "TICKET_MISMATCH"
    REFUND_EXCEEDS_PAYMENT = "REFUND_EXCEEDS_PAYMENT"
    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    AMOUNT_MISMATCH = "AMOUNT_MISMATCH"
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    ACCOUNT_KIND_MISMATCH = "ACCOUNT_KIND_MISMATCH"
    BALANCE_LIMIT_EXCEEDED = "BALANCE_LIMIT_EXCEEDED"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    PAYMENT_IN_PROGRESS = "PAYMENT_IN_PROGRESS"
    ORDER_SERVICE_UNAVAILABLE = "ORDER_SERVICE_UNAVAILABLE"
    DATABASE_UNAVAILABLE = "DATABASE_UNAVAILABLE"
    DATABASE_CONTENTION = "DATABASE_CONTENTION"
    STARTING = "STARTING"
    SHUTTING_DOWN = "SHUTTING_DOWN"
    NOT_AUTHENTICATED = "NOT_AUTHENTICATED"
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105 - no password
    ROLE_NOT_ALLOWED = "ROLE_NOT_ALLOWED"
    RATE_LIMITED = "RATE_LIMITED"
    OVERLOADED = "OVERLOADED"
    INTERNAL = "INTERNAL"


@dataclass(frozen=True, slots=True)
class Violation:
    """One field of a request that is not as documented."""

    field: str
    description: str


class PayonceError(Exception):
    """An answer other than OK.

    `metadata` goes into ErrorInfo, `violations` into BadRequest, `retry_after_s` (seconds) into RetryInfo.
    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        metadata: Mapping[str, str] | None = None,
        violations: Sequence[Violation] = (),
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.metadata = dict(metadata or {})
        self.violations = tuple(violations)
        self.retry_after_s = retry_after_s


class StartupError(Exception):
    """The process cannot start, for a reason its operator can mend. Printed as one line; exit status 1."""


def starting() -> PayonceError:
    return PayonceError(Reason.STARTING, "This server is starting; send it again.", retry_after_s=0.5)


def shutting_down() -> PayonceError:
    # Five tries must last longer than a server refuses before it says GOAWAY (`shared.rpc.gate`).
    return PayonceError(Reason.SHUTTING_DOWN, "This server is shutting down; send it again.", retry_after_s=0.3)


def overloaded(what: str) -> PayonceError:
    return PayonceError(Reason.OVERLOADED, f"{what}; try again later.", retry_after_s=0.5)


def contended() -> PayonceError:
    text = "Too many transactions met at the same rows; send it again."
    return PayonceError(Reason.DATABASE_CONTENTION, text, retry_after_s=0.2)
