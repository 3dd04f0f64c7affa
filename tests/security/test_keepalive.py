"""F30: a client that vanished without a word is found out, and one that answers pings stays."""

from collections.abc import AsyncIterator

import pytest

from tests.harness.postgres import Postgres
from tests.harness.services import services
from tests.input.garbage import EMPTY, END_HEADERS, HEADERS, OPEN, PING, frame, headers
from tests.security.raw import connect, frames

ACK = 1
PATIENCE_S = 60.0
WATCH = frame(HEADERS, END_HEADERS, 1, headers(pseudo_path="/grpc.health.v1.Health/Watch"))


@pytest.fixture(scope="module")
async def asking(postgres: Postgres) -> AsyncIterator[str]:
    """The address of an order_service that pings each second."""
    async with services(postgres.pair(), order_env={"ORDER_CONNECTION_PING_S": "1"}) as running:
        yield running.order.address


def test_who_does_not_answer_pings_is_hung_up_on(asking: str) -> None:
    with connect(asking) as connection:
        connection.settimeout(PATIENCE_S)
        connection.sendall(OPEN + WATCH + EMPTY)
        found = [(name, flags) for name, flags, _ in frames(connection)]  # to its end; TimeoutError without one
    assert "DATA" in [name for name, _ in found]  # the call was under way
    assert ("PING", 0) in found


def test_who_answers_stays(asking: str) -> None:
    """Through as many pings as take the other one's place ten times over."""
    with connect(asking) as connection:
        connection.settimeout(PATIENCE_S)
        connection.sendall(OPEN + WATCH + EMPTY)
        answered = 0
        for name, flags, payload in frames(connection):
            assert name != "GOAWAY"
            if (name, flags) == ("PING", 0):
                connection.sendall(frame(PING, ACK, 0, payload))
                answered += 1
            if answered == 10:
                break
        assert answered == 10  # and not hung up on
