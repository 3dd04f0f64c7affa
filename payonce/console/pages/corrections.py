"""Giving back: a form, a page that says what will happen, and the act. Refund and reversal go the same way."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from payonce.client import AsyncClient, errors
from payonce.console.forms import FieldError, Form, action, amount, new_request_id
from payonce.console.parts import parts
from payonce.console.refusals import advice, status_of
from payonce.console.views import at, page, see
from payonce.console.words import plain_amount
from payonce.payment.v1 import payment_pb2
from payonce.type.v1.money_pb2 import Money

REASON_LIMIT = 200
WITHIN_S = 10.0  # then somebody who waits is told that it is not known, and may send the same again


@dataclass(frozen=True)
class Correction:
    """`send` asks the service; a repetition with the same form asks for the same thing."""

    kind: str
    send: Callable[[AsyncClient, str, Form], Awaitable[object]]

    def routes(self) -> list[Route]:
        """Its three steps."""
        path = f"/payments/{{payment_id}}/{self.kind}"
        return [Route(path, self.fill_in), action(f"{path}/review", self.review), action(path, self.carry_out)]

    async def fill_in(self, request: Request) -> Response:
        """How much, and why. The request id is fixed here."""
        payment = await _payment(request)
        return self._form(request, payment, {"amount": plain_amount(left(payment))})

    async def review(self, request: Request, form: Form) -> Response:
        """What will happen, before it does."""
        payment = await _payment(request)
        form["currency_code"] = payment.amount.currency_code
        try:
            _reason(form)
            wanted = _amount(form) if self.kind == "refund" else left(payment)
        except FieldError as error:
            return self._form(request, payment, form, str(error))
        rest = left(payment).minor_units - wanted.minor_units
        over = Money(currency_code=wanted.currency_code, minor_units=rest)
        return page(
            request, "review.html", kind=self.kind, payment=payment, form=form, wanted=wanted, left=left(payment),
            over=over,
        )  # fmt: skip

    async def carry_out(self, request: Request, form: Form) -> Response:
        """Do it, and look at the payment."""
        payment_id = request.path_params["payment_id"]
        try:
            await self.send(parts(request).client, payment_id, form)
        except FieldError as error:
            return self._form(request, await _payment(request), form, str(error))
        except errors.Unauthenticated:
            raise
        except errors.PayonceError as error:
            again = isinstance(error, errors.Unavailable)
            return page(
                request, "correction_refused.html", status=status_of(error), kind=self.kind, error=error,
                advice=advice(error), again=again, form=form, payment_id=payment_id,
            )  # fmt: skip
        return see(at("payments", payment_id, done=self.kind))

    def _form(self, request: Request, payment: payment_pb2.Payment, form: Form, error: str = "") -> Response:
        filled = {"amount": "", "reason": "", "request_id": new_request_id(), **form}
        return page(
            request, "correction.html", status=400 if error else 200, kind=self.kind, payment=payment, form=filled,
            error=error, left=left(payment),
        )  # fmt: skip


def left(payment: payment_pb2.Payment) -> Money:
    """What was charged and not given back. For people to read: the service does its own sum."""
    minor_units = payment.captured_amount.minor_units - payment.refunded_amount.minor_units
    return Money(currency_code=payment.amount.currency_code, minor_units=minor_units)


async def _payment(request: Request) -> payment_pb2.Payment:
    return await parts(request).client.get_payment(request.path_params["payment_id"])


async def _refund(client: AsyncClient, payment_id: str, form: Form) -> object:
    request_id = form.get("request_id", "")
    if not request_id:  # the client would make one, and a second sending would be a second refund
        raise FieldError("This form does not say which request it is. Send this one instead.")
    return await client.refund_payment(
        payment_id, _amount(form), reason=_reason(form), request_id=request_id, within_s=WITHIN_S
    )


async def _reverse(client: AsyncClient, payment_id: str, form: Form) -> object:
    return await client.reverse_payment(payment_id=payment_id, reason=_reason(form), within_s=WITHIN_S)


def _amount(form: Form) -> Money:
    return amount(form.get("amount", ""), form.get("currency_code", ""))


def _reason(form: Form) -> str:
    reason = form.get("reason", "").strip()
    if not reason:
        raise FieldError("Say why: it is kept in the payment's history.")
    if len(reason) > REASON_LIMIT:
        raise FieldError(f"The reason may have {REASON_LIMIT} characters.")
    return reason


REFUND = Correction("refund", _refund)
REVERSE = Correction("reverse", _reverse)
