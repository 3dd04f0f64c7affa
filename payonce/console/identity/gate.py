"""What every request passes: whose browser it is, whether it may look, and whether its own page sent it."""

from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from payonce.console.identity.visits import Visit, Visits, speak_for

READS = ("GET", "HEAD")
OPEN = ("/sign-in", "/static/")


class Gate:
    """Finds the visit, tells those without a session to sign in, and refuses what another site's page sends."""

    def __init__(self, app: ASGIApp, *, visits: Visits) -> None:
        self._app = app
        self._visits = visits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        visit = self._visits.find(asked.cookies.get(self._visits.cookie))
        scope.setdefault("state", {})["visit"] = visit
        refused = self._refused(scope, asked.headers, visit)
        if refused is not None:
            await refused(scope, receive, send)
            return
        if visit.session is not None:
            speak_for(visit.session)
        known = asked.cookies.get(self._visits.cookie) == visit.key

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and not known and not scope["path"].startswith("/static/"):
                headers = MutableHeaders(scope=message)
                if not any(header.startswith(f"{self._visits.cookie}=") for header in headers.getlist("set-cookie")):
                    headers.append("set-cookie", cookie(self._visits, visit))
            await send(message)

        await self._app(scope, receive, answer)

    def _refused(self, scope: Scope, headers: Headers, visit: Visit) -> Response | None:
        if scope["method"] not in READS and not _own_page(headers):
            return PlainTextResponse("Another site's page sent this; nothing was done.\n", status_code=403)
        if not self._visits.login or visit.session is not None or scope["path"].startswith(OPEN):
            return None
        if scope["method"] not in READS:
            return RedirectResponse("/sign-in", status_code=303)
        target = scope["path"] + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
        return RedirectResponse(f"/sign-in?next={quote(target, safe='/')}", status_code=303)


def cookie(visits: Visits, visit: Visit) -> str:
    """The Set-Cookie header of a visit; it ends with the browser."""
    secure = "; Secure" if visits.login else ""
    return f"{visits.cookie}={visit.key}; Path=/; HttpOnly; SameSite=Strict{secure}"


def _own_page(headers: Headers) -> bool:
    """By what a browser says of itself. Who says nothing is no browser, and needs the form's token still."""
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host", "")
