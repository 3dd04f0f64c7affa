"""Signing in with a token. The services say whether it is good: the console knows no key."""

import jwt
from starlette.requests import Request
from starlette.responses import Response

from payonce.client import errors
from payonce.console.forms import Form
from payonce.console.identity.gate import cookie
from payonce.console.identity.visits import Session, speak_for
from payonce.console.parts import parts
from payonce.console.views import page, see

# Reads, and is for the role backoffice alone; that nobody ever tried to pay an order of this name does no harm.
ASKED_ABOUT = "console-sign-in"


async def sign_in_form(request: Request) -> Response:
    """Where to put the token."""
    expired = "expired" in request.query_params
    return page(request, "sign_in.html", next=request.query_params.get("next", "/"), expired=expired, error="")


async def sign_in(request: Request, form: Form) -> Response:
    """A session until the token ends, when the services take it."""
    target = _local(form.get("next", "/"))
    session = _read(form.get("token", "").strip())
    why = await _why_not(request, session) if session else "This is no token: it has three parts with dots between."
    if why or not session:
        return page(request, "sign_in.html", status=401, next=target, expired=False, error=why)
    visits = parts(request).visits
    answer = see(target)
    answer.headers["set-cookie"] = cookie(visits, visits.sign_in(session))
    return answer


async def sign_out(request: Request, form: Form) -> Response:  # noqa: ARG001 - its token was checked
    """The session is over, here and in every tab."""
    parts(request).visits.sign_out(request.state.visit)
    return see("/sign-in")


async def _why_not(request: Request, session: Session) -> str:
    """Empty when the services take the token, for what this console does.

    Services that ask nobody who they are speak plain text, and with a sign-in the console speaks TLS with them.
    """
    speak_for(session)
    try:
        await parts(request).client.explain_payment(order_id=ASKED_ABOUT)
    except errors.TokenExpired:
        return "This token has expired. Get a new one."
    except errors.Unauthenticated:
        return "The services don't take this token: it is another one's, or made for another audience."
    except errors.PermissionDenied:
        return "This token is good, but not of the role backoffice."
    return ""


def _read(token: str) -> Session | None:
    """What it says of itself, to show it; whether it is true, the services say."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False, "verify_exp": False, "verify_aud": False})
        return Session(token, str(claims["sub"]), float(claims["exp"]))
    except (jwt.InvalidTokenError, KeyError, TypeError, ValueError):
        return None


def _local(path: str) -> str:
    """A path of this console, and never of another host."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
