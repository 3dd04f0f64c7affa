"""Pages from templates. Whatever is put into one is escaped; there is no way round it but Markup."""

from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from payonce.console.parts import parts
from payonce.console.words import FILTERS

_templates = Environment(
    loader=PackageLoader("payonce.console"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters.update(FILTERS)
_templates.filters["segment"] = lambda text: quote(text, safe="")  # of a path: an id may hold anything in a search


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A whole page."""
    its = parts(request)
    visit = request.state.visit
    common = {
        "path": request.url.path,
        "session": visit.session,
        "login": its.visits.login,
        "form_token": its.visits.form_token(visit),
        "trying": its.trials is not None,
    }
    return HTMLResponse(_templates.get_template(template).render(common | values), status_code=status)


def fragment(template: str, **values: Any) -> str:
    """A part of a page that is sent again when it has changed."""
    return _templates.get_template(template).render(values)


def see(path: str) -> RedirectResponse:
    """After a form: look there. A reload of that page sends nothing again."""
    return RedirectResponse(path, status_code=303)


def at(*segments: str, **query: str) -> str:
    """The path of those segments, each quoted; with what is not empty of the query."""
    asked = urlencode({name: value for name, value in query.items() if value})
    return "/" + "/".join(quote(segment, safe="") for segment in segments) + (f"?{asked}" if asked else "")
