"""Whatever somebody with all rights edits in the tables, `verify` finds, and names."""

import psycopg
import pytest

from audit.verify import finding_of, verify
from tests.audit.conftest import Copy
from tests.audit.tampers import IN_PAYMENTS, ORDERS
from tests.harness.audit import violations
from tests.harness.postgres import Pair, raw

GUARDS = "I15 the guards against edits"
CASES = [
    *(("payments", table, edit) for table, edits in IN_PAYMENTS.items() for edit in edits),
    *(("orders", "orders", edit) for edit in ORDERS),
]
FOUND: dict[str, set[str]] = {}
OPENED = {
    "a trigger": ("payments", "ALTER TABLE entries DISABLE TRIGGER entries_append_only", "entries"),
    "a trigger that is gone": ("payments", "DROP TRIGGER history_append_only ON history", "history"),
    "the claim": ("payments", "DROP INDEX payments_claim", "payments_claim"),
    "the requests' guard": ("payments", "ALTER TABLE requests DISABLE TRIGGER ALL", "requests"),
    "the guard of what is unconfirmed": ("payments", "ALTER TABLE unconfirmed DISABLE TRIGGER ALL", "unconfirmed"),
    "the orders' guard": ("orders", "ALTER TABLE orders DISABLE TRIGGER ALL", "orders"),
}


@pytest.mark.parametrize(
    ("database", "edit"),
    [pytest.param(d, e, id=f"{t}-{i}") for i, (d, t, e) in enumerate(CASES)],
)
def test_an_edit_is_found_and_named(copy: Copy, database: str, edit: str) -> None:
    tampered = copy(database)
    url = tampered.orders_url if database == "orders" else tampered.payments_url
    with psycopg.connect(raw(url)) as connection:
        connection.execute("SET session_replication_role = replica")  # no trigger fires
        connection.execute("DROP INDEX IF EXISTS payments_claim")
        victims = [victim for (victim,) in connection.execute(edit.encode()).fetchall()]
    found = violations(tampered, overdue_s=0)
    found = {name: lines for name, lines in found.items() if not name.startswith(GUARDS)}
    assert victims, "nothing was edited"
    FOUND[edit] = set(found)
    named = "\n".join(line for lines in found.values() for line in lines)
    assert any(victim in named for victim in victims), f"{victims} not in:\n{found}"


def test_every_check_found_something(world: Pair) -> None:
    if len(FOUND) < len(CASES):
        pytest.skip("not all edits were made in this run")
    urls = {"orders": world.orders_url, "payments": world.payments_url}
    names = {finding_of(item).name for item in verify(urls)}
    assert {name for name in names if not name.startswith(GUARDS)} == set().union(*FOUND.values())


@pytest.mark.parametrize("guard", OPENED)
def test_a_guard_that_was_taken_away_is_missed(copy: Copy, guard: str) -> None:
    database, statement, named = OPENED[guard]
    tampered = copy(database)
    url = tampered.orders_url if database == "orders" else tampered.payments_url
    with psycopg.connect(raw(url)) as connection:
        connection.execute(statement.encode())
    found = violations(tampered, overdue_s=0)
    assert len(found) == 1, found
    assert named in str(found)
