"""What the comparison with PostgreSQL, two connections and no circles, does not reach."""

import asyncio
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from simulation.chance import Chance
from simulation.schema import order_tables
from simulation.tables import LOCK_TIMEOUT_S, Row, Server, Transaction
from simulation.world import NONE, World


@pytest.fixture
def server() -> Server:
    world = World(Chance(0), NONE)
    made = Server(world, order_tables())
    for name in ("a", "b"):
        row = Row()
        row.committed = {"order_id": name, "status": "unpaid", "payment_id": None, "paid_at": None}
        made.tables["orders"].rows[name,] = row
    return made


def _lock(server: Server, transaction: Transaction, name: str) -> asyncio.Task[Any]:
    task = server.world.loop.create_task(transaction.lock("orders", name))
    server.world.loop.settle()
    return task


def test_who_closes_a_circle_gets_a_deadlock(server: Server) -> None:
    def play() -> None:
        one, two = Transaction(server), Transaction(server)
        _lock(server, one, "a")
        _lock(server, two, "b")
        waits = _lock(server, one, "b")
        circle = _lock(server, two, "a")
        error = circle.exception()
        assert isinstance(error, OperationalError)
        assert getattr(error.orig, "sqlstate", "") == "40P01"
        two.end(commit=False)
        server.world.step()
        assert waits.result()["order_id"] == "b"

    server.world.loop.run(play)


def test_a_lock_that_does_not_come_free_is_given_up(server: Server) -> None:
    def play() -> None:
        _lock(server, Transaction(server), "a")
        waits = _lock(server, Transaction(server), "a")
        server.world.loop.pass_time(LOCK_TIMEOUT_S)
        server.world.loop.settle()
        assert getattr(getattr(waits.exception(), "orig", None), "sqlstate", "") == "55P03"

    server.world.loop.run(play)


def test_what_is_not_committed_nobody_else_sees(server: Server) -> None:
    def play() -> None:
        writer, reader = Transaction(server), Transaction(server)
        row = _lock(server, writer, "a").result()
        writer.write("orders", {**row, "status": "cancelled"}, "a")
        assert [t.get("orders", "a")["status"] for t in (writer, reader)] == ["cancelled", "unpaid"]  # type: ignore[index]
        writer.end(commit=False)
        assert reader.get("orders", "a") == row

    server.world.loop.run(play)
