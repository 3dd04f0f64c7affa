"""What the address bar asks for."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request


def asked(request: Request, *names: str) -> dict[str, str]:
    """Those parameters of the query; empty where one is not given."""
    return {name: request.query_params.get(name, "").strip() for name in names}


def enum_of(kind: Any, name: str) -> Any:
    """The number of an enum's value; 0, which means any, for an empty name."""
    if not name:
        return 0
    if name not in kind.keys():  # noqa: SIM118 - it is no dict
        raise HTTPException(400, "There is no such state.")
    return kind.Value(name)
