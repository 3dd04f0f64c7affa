"""The simulated storage answers as the real one on PostgreSQL does, waits where it waits, and leaves the same rows.

Two connections; the same random statements with the same arguments on both sides. Where one has to wait for the other,
the other ends next.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st

from simulation.install import storage_functions
from tests.harness.postgres import Postgres
from tests.simulation.sides import BLOCKED, LEASED, Call, Real, Simulated, rooms_of
from tests.simulation.statements import Table, on_orders, on_payments

EXAMPLES = int(os.environ.get("SIMULATION_EXAMPLES", "100"))
NUMBERS = st.integers(0, 5)
Step: TypeAlias = tuple[int, str, int, int]  # which connection, which statement or end, and two numbers
Sides: TypeAlias = tuple[Real, Simulated]


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as one:
        yield one


@pytest.fixture(scope="module")
def payments(postgres: Postgres, runner: asyncio.Runner) -> Iterator[Sides]:
    yield from _sides(postgres, runner, "payments", "payment_service")


@pytest.fixture(scope="module")
def orders(postgres: Postgres, runner: asyncio.Runner) -> Iterator[Sides]:
    yield from _sides(postgres, runner, "orders", "order_service")


def _sides(postgres: Postgres, runner: asyncio.Runner, database: str, package: str) -> Iterator[Sides]:
    real = Real(runner, postgres.fresh(database), package)
    yield real, Simulated(package)
    real.close()


def steps(table: Table) -> st.SearchStrategy[list[Step]]:
    names = list(table({}, None, 0, 0))
    ends = ["commit", "commit", "rollback", "make_due"]

    def among(some: list[str]) -> st.SearchStrategy[list[Step]]:
        what = st.one_of(st.sampled_from(some), st.sampled_from(some), st.sampled_from(ends))
        return st.lists(st.tuples(st.integers(0, 1), what, NUMBERS, NUMBERS), min_size=4, max_size=40)

    # Swarm testing: all of them, or a few that then meet each other often.
    few = st.lists(st.sampled_from(names), min_size=3, max_size=6, unique=True)
    return st.one_of(st.just(names), few, few).flatmap(among)


# Where random statements alone would seldom get to: people with accounts, a charge, an expired authorization, a ticket.
ON_PAYMENTS_BEFORE: list[Step] = [
    (0, "accounts.create", 0, 0),
    (0, "accounts.create", 2, 1),
    (0, "claim", 0, 0),
    (0, "claim_authorized", 1, 0),
    (0, "tickets.create", 5, 1),
    (0, "commit", 0, 0),
]
ON_ORDERS_BEFORE: list[Step] = [(0, "create", number, 0) for number in range(3)] + [(0, "commit", 0, 0)]
settings = hypothesis.settings(
    deadline=None,
    max_examples=EXAMPLES,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def leased(write: str, take_due: str) -> list[Step]:
    """Due once, and not again."""
    return [(0, write, 0, 1), (0, "commit", 0, 0), (0, "make_due", 0, 0), (0, take_due, 0, 0), (0, take_due, 0, 0)]


@settings
@hypothesis.example(sequence=leased("claim", "take_due"), furnished=False)
@hypothesis.example(sequence=leased("corrections.write", "corrections.take_due"), furnished=True)
@hypothesis.given(sequence=steps(on_payments), furnished=st.booleans())
def test_payment_service(payments: Sides, sequence: list[Step], furnished: bool) -> None:
    compare(payments, on_payments, (ON_PAYMENTS_BEFORE if furnished else []) + sequence)


@settings
@hypothesis.given(steps(on_orders))
def test_order_service(orders: Sides, sequence: list[Step]) -> None:
    compare(orders, on_orders, ON_ORDERS_BEFORE + sequence)


def test_every_statement_is_compared() -> None:
    seen: set[tuple[str, str]] = {("ledger", "write")}  # by `post`, once accounts are there

    class Room:
        def __init__(self, name: str) -> None:
            self.name = name

        def __getattr__(self, function: str) -> Callable[..., Any]:
            async def nothing(*_: Any, **__: Any) -> dict[str, Any]:
                return {}

            seen.add((self.name, function))
            return nothing

    rooms = {name: Room(name) for package in LEASED for name in rooms_of(package)}
    for table in (on_payments, on_orders):
        for call in table(rooms, None, 0, 0).values():
            asyncio.run(call())
    missing = {(real.__name__.rpartition(".")[2], function) for real, function, _ in storage_functions()} - seen
    assert not missing


def test_waiting_is_the_same(payments: Sides) -> None:
    """Also told in words: who comes second waits, and finds what the first one left."""
    first, second = (0, "claim", 0, 0), (1, "claim", 0, 0)
    seen = played(payments, on_payments, [first, second, (0, "commit", 0, 0)])
    assert [seen[1], seen[2]] == [BLOCKED, {}]
    seen = played(payments, on_payments, [first, second, (0, "rollback", 0, 0)])
    assert seen[1] == BLOCKED
    assert list(seen[2]) == ["'order:a'"]
    # A claim that is let go of in the same transaction keeps others waiting all the same.
    seen = played(payments, on_payments, [first, (0, "unclaim", 0, 0), second, (0, "commit", 0, 0)])
    assert seen[2] == BLOCKED
    assert list(seen[3]) == ["'order:a'"]


def test_time_stands_still_there(payments: Sides) -> None:
    """Else a slow machine finds leases over that are not, and a difference could be either."""
    assert payments[0].now() == payments[0].now()


@pytest.mark.parametrize(
    ("room", "function", "steps"),
    [
        ("simulation.storage.claims", "same_claim", [(0, "claim", 0, 0), (0, "tombstone", 3, 0)]),
        (
            "simulation.storage.payments",
            "leased",
            [(0, "make_due", 0, 0), (0, "take_due", 0, 0), (0, "take_due", 0, 0)],
        ),
    ],
)
def test_a_difference_is_found(
    payments: Sides, monkeypatch: pytest.MonkeyPatch, room: str, function: str, steps: list[Step]
) -> None:
    broken = {"same_claim": lambda _: lambda _: False, "leased": lambda _, row: row}
    monkeypatch.setattr(f"{room}.{function}", broken[function])
    with pytest.raises(AssertionError):
        compare(payments, on_payments, ON_PAYMENTS_BEFORE + steps)


def compare(sides: Sides, table: Table, sequence: list[Step]) -> None:
    played(sides, table, sequence)
    real, simulated = sides
    for name in simulated.tables():
        columns = simulated.columns().get(name, ["1"])
        assert real.rows(name, columns) == simulated.rows(name, columns), name


def played(sides: Sides, table: Table, sequence: list[Step]) -> list[Any]:
    """What each step gave, the same on both sides."""
    for side in sides:
        side.empty()
    seen = []
    try:
        for step, on_real, on_simulated in _play(sides, table, sequence):
            assert on_real == on_simulated, f"{step}: PostgreSQL, then simulated"
            seen.append(on_real)
    finally:
        for who in (0, 1):
            for side in sides:
                side.end(who, commit=True)
    return seen


def _play(sides: Sides, table: Table, sequence: list[Step]) -> Iterator[tuple[Any, Any, Any]]:
    """Each step, and what it gave on both sides."""
    blocked: int | None = None
    touched: set[int] = set()
    for who, what, a, b in sequence:
        if blocked is not None:
            # The other one ends, whatever was meant; then the one who waited has its result.
            for side in sides:
                side.end(1 - blocked, commit=what != "rollback")
            touched.discard(1 - blocked)
            yield (blocked, "after waiting"), *(side.result(blocked) for side in sides)
            blocked = None
        elif what == "make_due":
            if not touched:
                for side in sides:
                    side.make_due()
        elif what in ("commit", "rollback"):
            for side in sides:
                side.end(who, commit=what == "commit")
            touched.discard(who)
        else:
            touched.add(who)
            results = [side.begin(who, _call(table, what, a, b)) for side in sides]
            yield (who, what, a, b), *results
            blocked = who if results[0] == BLOCKED else None
    if blocked is not None:
        for side in sides:
            side.end(1 - blocked, commit=True)
        yield (blocked, "after waiting"), *(side.result(blocked) for side in sides)


def _call(table: Table, what: str, a: int, b: int) -> Call:
    return lambda rooms, connection: table(rooms, connection, a, b)[what]()
