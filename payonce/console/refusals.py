"""What a page says when a service refused, or did not answer: the reason, and what to do."""

from http import HTTPStatus

import grpc
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from payonce.client import errors
from payonce.console.parts import parts
from payonce.console.views import page, see

STATUS = {
    grpc.StatusCode.INVALID_ARGUMENT: HTTPStatus.BAD_REQUEST,
    grpc.StatusCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS: HTTPStatus.CONFLICT,
    grpc.StatusCode.FAILED_PRECONDITION: HTTPStatus.CONFLICT,
    grpc.StatusCode.PERMISSION_DENIED: HTTPStatus.FORBIDDEN,
    grpc.StatusCode.RESOURCE_EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS,
    grpc.StatusCode.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED: HTTPStatus.GATEWAY_TIMEOUT,
}
# What to do: by reason where that says more than the kind of error.
BY_REASON = {
    "REFUND_EXCEEDS_PAYMENT": "Less is left of the payment than that. Look at the payment, and give back what is left.",
    "ORDER_SERVICE_UNAVAILABLE": "It is noted, and goes on by itself once order_service is back. "
    "Send it again to hear of the end.",
    "PAYMENT_REFUNDED": "All of it has gone back already.",
    "PAYMENT_REVERSED": "It was undone before: nothing is left to give back.",
    "PAYMENT_DECLINED": "Nothing was charged, so there is nothing to give back.",
    "PAYMENT_AUTHORIZED": "Nothing is charged yet. Void or capture the authorization instead.",
    "PAYMENT_VOIDED": "No money moved, so there is nothing to give back.",
    "INSUFFICIENT_FUNDS": "The account has too little. Put money on it; the order stays payable.",
    "IDEMPOTENCY_KEY_REUSED": "This form was sent before, with other values. Open its page again.",
    "ROLE_NOT_ALLOWED": "Sign in with a token of the role backoffice.",
}
BY_KIND: tuple[tuple[type[errors.PayonceError], str], ...] = (
    (errors.Overloaded, "There is too much to do right now. Try again in a moment."),
    (errors.Unavailable, "Whether it happened is not known. Send it again: it is one request, however often."),
    (errors.NotFound, "Look for it with the search, or in a list."),
    (errors.InvalidRequest, "Nothing was touched. Correct what is named below."),
    (errors.InternalError, "The service's log has more, under the error_id below."),
    (errors.PayonceError, "No new money moved."),
)


def advice(error: errors.PayonceError) -> str:
    """What to do about it."""
    return BY_REASON.get(error.reason) or next(text for kind, text in BY_KIND if isinstance(error, kind))


def status_of(error: errors.PayonceError) -> HTTPStatus:
    """The page's own."""
    return STATUS.get(error.code, HTTPStatus.BAD_GATEWAY)


async def refused(request: Request, error: Exception) -> Response:
    """A page for what the services said."""
    assert isinstance(error, errors.PayonceError)  # noqa: S101 - it is registered for these
    if isinstance(error, errors.Unauthenticated):
        parts(request).visits.sign_out(request.state.visit)
        return see("/sign-in?expired=1")
    unread = request.method == "GET" and isinstance(error, errors.Unavailable)
    text = "Nothing was changed by looking. Load the page again in a moment." if unread else advice(error)
    return page(request, "refused.html", status=status_of(error), error=error, advice=text)


async def failed(request: Request, error: Exception) -> Response:
    """A page for what is not there, or what a browser should not have sent."""
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for these
    return page(
        request, "failed.html", status=error.status_code, title=HTTPStatus(error.status_code).phrase, text=error.detail
    )
