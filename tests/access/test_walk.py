"""Every RPC × every role × what is theirs and what is not, held to the tables (I19, I14, F34).

The RPCs come from the descriptors: one without a row, or without a case, fails.
"""

from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor

from shared.callers import Role, Scope
from shared.errors import Reason
from shared.rpc.access import scope_of
from tests.access.acting import ACCESS, Acting
from tests.access.cases import CASES
from tests.access.outcomes import Outcome, outcome
from tests.access.table import PAGE, page
from tests.access.things import OURS, THEIRS, Things
from tests.harness.refusals import contents
from tests.harness.stubs import Stubs
from tests.input.judge import METHODS

SUBJECTS = {Role.CUSTOMER: OURS.customer, Role.MERCHANT: OURS.merchant}
MANY = 4 * len(METHODS)


def scope(method: MethodDescriptor, role: Role) -> Scope | None:
    return scope_of(ACCESS[method.containing_service.name], method.name, role)


def cells(*wanted: Scope | None) -> pytest.MarkDecorator:
    found = [(method, role) for method in METHODS for role in Role if scope(method, role) in wanted]
    return pytest.mark.parametrize(
        ("method", "role"), found, ids=lambda value: value if isinstance(value, str) else value.name
    )


class As:
    """One role's caller, asking one method."""

    def __init__(self, door: Acting, method: MethodDescriptor, role: Role) -> None:
        self.case = CASES[method.name]
        stubs: Stubs = door.as_caller(role, SUBJECTS.get(role, "somebody"))
        service: Any = stubs.orders if method.containing_service.name == "OrderService" else stubs.payments
        self._ask = getattr(service, method.name)

    async def ask(self, request: Any) -> Outcome:
        return await outcome(self._ask(request))

    async def ask_of_nobody(self, request: Any) -> tuple[Outcome, dict[str, str]]:
        """About what never was; and the names by which that goes."""
        other, names = self.case.of_nobody(request)
        assert names
        return await self.ask(other), names


def test_every_rpc_has_a_row_and_a_case() -> None:
    named = {(method.containing_service.name, method.name) for method in METHODS}
    assert {(service, method) for service, table in ACCESS.items() for method in table} == named
    assert set(CASES) == {method.name for method in METHODS}
    assert all(row for table in ACCESS.values() for row in table.values())


def test_every_cell_is_walked() -> None:
    walked = [cells(None), cells(Scope.OWN), cells(Scope.ANY)]
    assert sum(len(one.args[1]) for one in walked) == MANY == len(METHODS) * len(Role)
    assert all(one.args[1] for one in walked)


def test_only_who_owns_things_is_held_to_their_own() -> None:
    """The code asks for a customer's things, or for a merchant's; of others it would know none."""
    own = {role for table in ACCESS.values() for row in table.values() for role in row if row[role] is Scope.OWN}
    assert own == {Role.CUSTOMER, Role.MERCHANT}


@cells(None)
async def test_denied(door: Acting, things: Things, method: MethodDescriptor, role: Role) -> None:
    asking = As(door, method, role)
    for sides in (OURS, THEIRS):
        request = await asking.case.make(things, sides._replace(caller=role))
        before = contents(door.pair)
        assert (await asking.ask(request)).code is grpc.StatusCode.PERMISSION_DENIED
        assert contents(door.pair) == before


@cells(Scope.OWN)
async def test_own(door: Acting, things: Things, method: MethodDescriptor, role: Role) -> None:
    asking = As(door, method, role)
    request = await asking.case.make(things, OURS._replace(caller=role))
    told = await asking.ask(request)
    assert told.code is grpc.StatusCode.OK, told
    nothing, names = await asking.ask_of_nobody(request)
    assert told.without(names) != nothing  # or there would have been nothing to hide


@cells(Scope.OWN)
async def test_foreign_is_as_absent(door: Acting, things: Things, method: MethodDescriptor, role: Role) -> None:
    asking = As(door, method, role)
    request = await asking.case.make(things, THEIRS._replace(caller=role))
    before = contents(door.pair)
    told = await asking.ask(request)
    nothing, names = await asking.ask_of_nobody(request)
    assert told.without(names) == nothing
    assert told.reason == (asking.case.foreign if asking.case.foreign in list(Reason) else "")
    assert contents(door.pair) == before


@cells(Scope.ANY)
async def test_anybodys(door: Acting, things: Things, method: MethodDescriptor, role: Role) -> None:
    asking = As(door, method, role)
    for sides in (OURS, THEIRS):
        request = await asking.case.make(things, sides._replace(caller=role))
        told = await asking.ask(request)
        assert told.code is grpc.StatusCode.OK, told
        nothing, names = await asking.ask_of_nobody(request)
        assert told.without(names) != nothing


def test_the_page_has_the_table() -> None:
    assert PAGE.read_text() == page(), "who may call what has changed: make docs"
