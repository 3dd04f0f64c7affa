"""The one way to a handler fails shut: a guard is always asked, and who was not let in is nobody."""

import contextvars
from typing import Any

import pytest

from shared.callers import DEVELOPER
from shared.rpc.access import caller
from shared.rpc.registrar import Registrar


class Refusing:
    """A guard that knows nobody."""

    def admit(self, _: object, method: str, __: object) -> None:
        raise PermissionError(method)


def let_in(guard: Any) -> Any:
    """The caller of a call to a server without a table, in a context of its own."""
    server: Any = None

    def call() -> Any:
        Registrar(server, guard=guard).let_in(server, "MarkOrdersPaid")
        return caller()

    return contextvars.Context().run(call)


def test_a_guard_is_asked_even_without_a_table() -> None:
    with pytest.raises(PermissionError, match="MarkOrdersPaid"):
        let_in(Refusing())


def test_without_a_guard_all_are_the_developer() -> None:
    assert let_in(None) is DEVELOPER


def test_who_was_not_let_in_is_nobody() -> None:
    with pytest.raises(LookupError):
        contextvars.Context().run(caller)
