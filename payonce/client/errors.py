"""What a failed call raises: one class for each thing that a caller does differently. All are `PayonceError`."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import grpc

__all__ = [
    "AccountKindMismatch",
    "AlreadyExists",
    "AmountMismatch",
    "AuthorizationExpired",
    "BalanceLimitExceeded",
    "CurrencyMismatch",
    "IdempotencyKeyReused",
    "InsufficientFunds",
    "InternalError",
    "InvalidRequest",
    "NotFound",
    "OrderAlreadyPaid",
    "OrderCancelled",
    "OrderRefunded",
    "Overloaded",
    "PaymentAuthorized",
    "PaymentCaptured",
    "PaymentDeclined",
    "PaymentRefunded",
    "PaymentReversed",
    "PaymentVoided",
    "PayonceError",
    "PermissionDenied",
    "RefundExceedsPayment",
    "Refused",
    "TicketExpired",
    "TicketMismatch",
    "TokenExpired",
    "Unauthenticated",
    "Unavailable",
    "Violation",
]


class Violation(NamedTuple):
    """One field of a request that is not as documented."""

    field: str
    description: str


class PayonceError(Exception):
    """A call that was not answered with OK. Where there is one, grpc's own error is its `__cause__`.

    Attributes:
        message: For people.
        code: The gRPC status.
        reason: ErrorInfo's reason, as documented in `protos/`; empty when the transport failed, not the service.
        metadata: ErrorInfo's metadata, such as the `fields` that differ.
        retry_delay_s: After how many seconds the server would like to be asked again; None when it did not say.
        violations: Which fields of the request are not as documented, and how.
        request_id: The request id that the call carried; empty when its kind of call carries none.
    """

    def __init__(
        self,
        message: str,
        code: grpc.StatusCode = grpc.StatusCode.UNKNOWN,
        *,
        reason: str = "",
        metadata: Mapping[str, str] | None = None,
        retry_delay_s: float | None = None,
        violations: Sequence[Violation] = (),
        request_id: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.reason = reason
        self.metadata = dict(metadata or {})
        self.retry_delay_s = retry_delay_s
        self.violations = list(violations)
        self.request_id = request_id

    def __str__(self) -> str:
        return f"{self.reason or self.code.name}: {self.message}"


class InvalidRequest(PayonceError):
    """The request is not as documented; `violations` names the fields. Nothing was touched."""


class NotFound(PayonceError):
    """There is no such thing, or it is somebody else's; `reason` says of which kind. Nothing new moved."""


class AlreadyExists(PayonceError):
    """The id is taken by other content; metadata `fields` names the fields that differ."""


class Refused(PayonceError):
    """Things stand so that it can't be done. No new money moved."""


class PaymentDeclined(Refused):
    """The payment was declined: nothing moved, and a new attempt may succeed."""


class InsufficientFunds(PaymentDeclined):
    """Not enough money is available on the payer's account. The order, or the ticket, stays payable."""


class AmountMismatch(Refused):
    """The amount is not the one that was expected, authorized or captured before."""


class CurrencyMismatch(Refused):
    """The amount has another currency than the account, the order or the payment."""


class AccountKindMismatch(Refused):
    """The payer is no customer account, or the payee no merchant account."""


class BalanceLimitExceeded(Refused):
    """The balance of the account that is paid to would leave 64 bits."""


class OrderAlreadyPaid(Refused):
    """The order is paid, and not by what was asked for."""


class OrderCancelled(Refused):
    """The order was cancelled: it will never be paid."""


class OrderRefunded(Refused):
    """The order was paid and given back: it will never be paid again."""


class PaymentAuthorized(Refused):
    """The amount is reserved, not charged: capture or void it instead."""


class PaymentCaptured(Refused):
    """The payment is a charge: refund or reverse it instead."""


class PaymentRefunded(Refused):
    """The payment was given back in full."""


class PaymentReversed(Refused):
    """The payment was undone."""


class PaymentVoided(Refused):
    """The payment is void: no money moved, and none ever will."""


class AuthorizationExpired(Refused):
    """The reservation ended by its time, before it was captured."""


class RefundExceedsPayment(Refused):
    """More than is left of the payment; metadata `refundable_minor_units` tells that."""


class TicketExpired(Refused):
    """The ticket's time was over before it was used: it never executes again."""


class TicketMismatch(Refused):
    """The ticket was made, or used, for something else; metadata `fields` names what differs."""


class IdempotencyKeyReused(Refused):
    """The request id was used before, with other parameters; metadata `fields` names those that differ."""


class Unauthenticated(PayonceError):
    """The services don't know who calls: no token, or one that they don't believe."""


class TokenExpired(Unauthenticated):
    """The token's time is over: call with a new one."""


class PermissionDenied(PayonceError):
    """The caller's role may not call this method."""


class InternalError(PayonceError):
    """Something that nobody foresaw; metadata `error_id` is in the server's log."""


class Unavailable(PayonceError):
    """No answer in time, from UNAVAILABLE to DEADLINE_EXCEEDED: whether it happened is not known.

    Ask again, with the same ids, and with `request_id` where that is not empty: nothing happens twice.
    """


class Overloaded(Unavailable):
    """The services have too much to do, or this caller calls too often. Ask again, later, with the same ids."""
