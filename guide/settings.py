"""The settings of both services, as docs/operations.md lists them.

Names, defaults and limits are pydantic's; what a setting means is the comment beside it in the code.
"""

import ast
import inspect
import io
import tokenize
from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo

from guide.marked import marked
from order_service.config import OrderSettings
from payment_service.config import PaymentSettings
from shared.config import ServiceSettings

HEAD = "| variable | meaning | default | limits |\n|---|---|---|---|\n"
# Where the code has no comment, since there the name is enough, or one that is too short for somebody else.
PLAIN = {
    "database_url": "`postgresql://user:password@host:5432/database`; unset: the embedded PostgreSQL, for development",
    "listen": "host:port to serve at",
    "order_service": "where order_service listens; a name with several addresses is several servers, which take turns",
    "token_audience": "what a token must be made for (`aud`)",
    "tls_key": "the certificate's key (PEM, without a password)",
    "tls_ca": "who vouches for the certificates of those that we talk with (PEM)",
    "insecure": "`everybody-may-do-everything`: serve others without TLS and tokens, on a network of your own",
    "reflection": "whether server reflection is on; unset: in development alone",
    "rate_limit": "calls a second of one caller; 0: any number; unset: none in development, else a limit",
    "connection_age_s": "a connection ends after so long: a certificate is shown again, and new addresses are found",
    "connection_idle_s": "a connection without calls is closed after so long",
    "connection_ping_s": "a client with calls is asked so often whether it is there; it has a third of it to answer",
    "handshake_timeout_s": "how long a client may take to introduce itself",
    "pool_size": "connections to the database for calls, each process; batches have some of their own",
    "queue_limit": "waiting requests; more are refused with OVERLOADED",
    "batch_limit": "requests that travel together",
    "ticket_ttl_s": "how long a ticket can be used",
    "authorization_ttl_s": "how long a reservation lasts",
}


class UndocumentedError(Exception):
    """A setting of which nothing says what it means."""


def pages() -> dict[str, str]:
    """The page, by its name in docs/."""
    return {"operations.md": marked("operations.md", "settings", tables())}


def tables() -> str:
    """Markdown: what both have, and each its own."""
    shared = ServiceSettings.model_fields
    parts = []
    for title, prefix, settings in (
        ("order_service", "ORDER_", OrderSettings),
        ("payment_service", "PAYMENT_", PaymentSettings),
    ):
        own = {n: f for n, f in settings.model_fields.items() if n not in shared or f.default != shared[n].default}
        parts.append(f"### {title}\n\n{HEAD}{''.join(_rows(settings, own, prefix))}")
    common = {n: f for n, f in shared.items() if all(n in _same(s) for s in (OrderSettings, PaymentSettings))}
    both = f"### Both: `ORDER_…` and `PAYMENT_…`\n\n{HEAD}{''.join(_rows(ServiceSettings, common, '…_'))}"
    return "\n".join([both, *parts])


def _same(settings: type[ServiceSettings]) -> set[str]:
    """The fields that a service has as all have them."""
    shared = ServiceSettings.model_fields
    return {name for name, field in shared.items() if settings.model_fields[name].default == field.default}


def _rows(settings: type[ServiceSettings], fields: dict[str, FieldInfo], prefix: str) -> Iterator[str]:
    said = {**_comments(ServiceSettings), **_comments(settings)}
    for name, field in fields.items():
        meaning = PLAIN.get(name) or said.get(name)
        if not meaning:
            raise UndocumentedError(f"say in a comment beside {settings.__name__}.{name} what it means")
        yield f"| `{prefix}{name.upper()}` | {meaning} | {_default(field.default)} | {_limits(field)} |\n"


def _default(value: Any) -> str:
    if value in (None, (), ""):
        return "unset"
    return f"`{_number(value)}`" if isinstance(value, float) else f"`{value}`"


def _limits(field: FieldInfo) -> str:
    words = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    found = [
        f"{sign} {_number(getattr(m, name))}"
        for m in field.metadata
        for name, sign in words.items()
        if hasattr(m, name)
    ]
    return ", ".join(found)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def _comments(settings: type[ServiceSettings]) -> dict[str, str]:
    """What stands behind `#` on the lines of each field, without what is for tools."""
    source = inspect.getsource(settings)
    by_line = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    found = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
            words = [by_line[line] for line in lines if line in by_line]
            found[node.target.id] = " ".join(word for word in words if not word.startswith("noqa"))
    return found
