"""How a command that calls the services is made: the options that all of them have, and how all of them end."""

import functools
import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Concatenate, ParamSpec

import typer

from payonce.cli.failures import exits
from payonce.cli.say import Say
from payonce.cli.session import Session

P = ParamSpec("P")
PANEL = "Where the services are, and how to answer"
# Option, metavar, what it is for. An option is the environment variable of its name, for one command.
SETTINGS = {
    "order_address": ("HOST:PORT", "Where order_service is."),
    "payment_address": ("HOST:PORT", "Where payment_service is."),
    "tls_ca": ("FILE", "Who vouches for the services (PEM). With it, TLS is spoken."),
    "tls_certificate": ("FILE", "This client's certificate (PEM)."),
    "tls_key": ("FILE", "Its key (PEM)."),
    "token_file": ("FILE", "Says who calls; PAYONCE_TOKEN has the token itself."),
    "timeout_s": ("SECONDS", "For a call, retries included."),
}


def command(app: typer.Typer, name: str | None = None) -> Callable[[Callable[Concatenate[Session, P], None]], None]:
    """A command of `app` that calls the services: its function is given a session, and the command gets the options."""

    def add(function: Callable[Concatenate[Session, P], None]) -> None:
        @functools.wraps(function)
        def run(context: typer.Context, *args: P.args, **words: P.kwargs) -> None:
            given = context.find_root().obj | settings_in(words)
            session = Session(_environ(given), Say(as_json=bool(given.get("json"))))
            with exits(session):
                function(session, *args, **words)

        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        app.command(name)(with_options(run, [word.replace(kind=word.KEYWORD_ONLY) for word in own]))

    return add


def with_options(function: Callable[..., None], own: Sequence[inspect.Parameter] = ()) -> Callable[..., None]:
    """As Typer is to see it: with a context, parameters of its `own`, and the options that all commands have."""
    function.__signature__ = inspect.Signature([CONTEXT, *own, *OPTIONS])  # type: ignore[attr-defined]
    return function


def settings_in(words: dict[str, Any]) -> dict[str, Any]:
    """Take them out of a command's words; those that are given."""
    found = {name: words.pop(name) for name in ("json", *SETTINGS)}
    return {name: value for name, value in found.items() if value}


def _environ(given: Mapping[str, Any]) -> Mapping[str, str]:
    named = {f"PAYONCE_{name.upper()}": given[name] for name in SETTINGS if name in given}
    instead = {"PAYONCE_TOKEN"} if "PAYONCE_TOKEN_FILE" in named else set()
    return {**{name: value for name, value in os.environ.items() if name not in instead}, **named}


def _option(name: str, metavar: str, meaning: str) -> inspect.Parameter:
    text = f"{meaning} Else PAYONCE_{name.upper()}."
    option = typer.Option(f"--{name.replace('_', '-')}", metavar=metavar, help=text, rich_help_panel=PANEL)
    return _parameter(name, Annotated[str | None, option], None)


def _parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


CONTEXT = _parameter("context", typer.Context)
JSON = typer.Option("--json", help="For scripts: JSON, an error too (on stderr).", rich_help_panel=PANEL)
OPTIONS = [
    _parameter("json", Annotated[bool, JSON], default=False),
    *(_option(name, metavar, meaning) for name, (metavar, meaning) in SETTINGS.items()),
]
