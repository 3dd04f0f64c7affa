"""Forms that were sent: read with bounds, and believed only with the token of the visit that they were made for."""

import hmac
import re
import uuid
from collections.abc import Awaitable, Callable
from typing import TypeAlias
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from payonce.console.parts import parts
from payonce.type.v1.money_pb2 import Money
from shared.money import to_minor_units

BYTES_LIMIT = 16_384
FIELDS_LIMIT = 20
FORM_TYPE = "application/x-www-form-urlencoded"
DIGITS_LIMIT = 20  # before the point; more is no amount that anybody means
# Digits alone: no thousands separators, which would read as a point, and no exponents.
NUMBER = re.compile(rf"(?P<whole>[0-9]{{1,{DIGITS_LIMIT}}})([.,](?P<fraction>[0-9]+))?", re.ASCII)

Form: TypeAlias = dict[str, str]
Action: TypeAlias = Callable[[Request, Form], Awaitable[Response]]


class FieldError(ValueError):
    """A field that can't be meant; the text is for who filled it in."""


def action(path: str, act: Action) -> Route:
    """A POST. There is no other way to have one, so none is without its token."""

    async def checked(request: Request) -> Response:
        return await act(request, await _read(request))

    return Route(path, checked, methods=["POST"], name=act.__name__)


def new_request_id() -> str:
    """Fixed when a form is made, so that a form that is sent twice asks for one thing."""
    return f"console-{uuid.uuid4().hex}"


def amount(text: str, currency_code: str) -> Money:
    """Decimal notation as money: `12.50`, or `12,50`. FieldError when it can't be."""
    found = NUMBER.fullmatch(text.strip())
    if not found:
        raise FieldError("Write the amount as a number, such as 12.50.")
    try:
        minor_units = to_minor_units(found["whole"], found["fraction"] or "", currency_code)
    except ValueError as error:
        raise FieldError(f"That can't be paid: {error}.") from None
    return Money(currency_code=currency_code, minor_units=minor_units)


async def _read(request: Request) -> Form:
    if request.headers.get("content-type", "").partition(";")[0] != FORM_TYPE:
        raise HTTPException(415, "A form is wanted.")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BYTES_LIMIT:
            raise HTTPException(413, "The form is too long.")
    try:
        form = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS_LIMIT, errors="strict"))
    except ValueError:
        raise HTTPException(400, "The form can't be read.") from None
    expected = parts(request).visits.form_token(request.state.visit)
    if not hmac.compare_digest(form.pop("form_token", "").encode(), expected.encode()):
        raise HTTPException(403, "This form is not of this session: nothing was done. Open its page again.")
    return form
