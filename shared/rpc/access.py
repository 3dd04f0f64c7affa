"""Who may call what: each service has one table, and what is not in it is refused."""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import TypeAlias

from shared.callers import Caller, Role, Scope

# By method name, as in the .proto; a role that is not in a method's row may not call it.
AccessTable: TypeAlias = Mapping[str, Mapping[Role, Scope]]

_CALLER: ContextVar[Caller] = ContextVar("caller")  # no default: who was not let in is nobody


def scope_of(table: AccessTable, method: str, role: Role) -> Scope | None:
    """Which rows the method may touch for the role; None, as for whatever is not in the table: it may not be called."""
    return table.get(method, {}).get(role)


def caller() -> Caller:
    """The caller of the method that runs now. LookupError when nobody was let in."""
    return _CALLER.get()


def set_caller(one: Caller) -> None:
    """At the beginning of a call; each call is a task of its own, and so has a context of its own."""
    _CALLER.set(one)
