"""F31, F32, F35: every request message of both services, right, wrong and damaged, over the wire to the real services.

The messages come from the descriptors, the permitted answers from the protos' comments: a new RPC is covered by itself.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, Phase, given, settings

from fuzz.targets import LISTS, fill, forged
from guide.documented import documented
from shared.errors import Reason
from shared.rpc.errors import STATUS_OF
from tests.harness.audit import at_rest, violations
from tests.harness.postgres import Postgres
from tests.input.judge import METHODS, Answer, allowed, ask, assert_documented
from tests.input.wire import each_bad, requests
from tests.input.world import Books, World, unmade, world

# The same requests each time. A request changes what the next one meets, so a failure is not shrunk.
SETTINGS = settings(
    max_examples=80,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)
# These leave a line of what was decided, or give back what was moved. Nobody has more or less for it.
LEAVES_A_TRACE = {"INSUFFICIENT_FUNDS", "ORDER_CANCELLED", "ORDER_REFUNDED", "ORDER_ALREADY_PAID"}
# MarkOrdersPaid and MarkOrdersRefunded believe their caller, who is to be payment_service: here it is anybody.
NOT_OURS = {"I6 an order is PAID by its one SUCCEEDED payment, or one of them is about to follow"}
KNOWN = unmade()
UUID = "01a21206-24f3-767b-8719-1d30e587edc1"
# Times, ids and numbers that Python's readers take, at their edges.
TIMES = [
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999-23:59", "2026-01-01T00:00:00+00:00:00.000001",
    "2026-01-01T00:00:00+23:59:59.999999", "20260101T000000Z", "2026-01-01T00:00:00",
]  # fmt: skip
POSITIONS: list[list[Any]] = [
    *([moment, "a"] for moment in TIMES), [UUID], [f"urn:uuid:{UUID}"], ["\u0661" * 32], ["\ud800"], ["a"], ["a\0"],
    [1], [0], [2**63 - 1], [2**63], [-1], [1.5], [True], [None], [[]], [{}], [], [1, 1],
]  # fmt: skip
EVERY_METHOD = pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
INVALID = ("INVALID_ARGUMENT", "INVALID_REQUEST")


@pytest.fixture(scope="module")
async def made(postgres: Postgres) -> AsyncIterator[World]:
    async with world(postgres.pair(), KNOWN) as one:
        yield one


@pytest.fixture(scope="module")
def books(made: World) -> Iterator[Books]:
    one = Books(made.pair)
    yield one
    one.close()


@pytest.fixture(scope="module")
def channels(made: World) -> Iterator[dict[str, grpc.Channel]]:
    packages = {method.containing_service.file.package for method in METHODS}
    opened = {package: grpc.insecure_channel(made.address(package)) for package in packages}
    yield opened
    for channel in opened.values():
        channel.close()


def test_every_documented_answer_is_one_that_there_is() -> None:
    told = {answer for answers in documented().values() for answer in answers}
    assert told == {(STATUS_OF[reason].name, reason.value) for reason in Reason}


def test_every_method_is_documented() -> None:
    assert documented().keys() == {method.full_name for method in METHODS}


@EVERY_METHOD
def test_a_request(method: MethodDescriptor, channels: dict[str, grpc.Channel], books: Books) -> None:
    answered: Counter[tuple[str, str]] = Counter()

    @SETTINGS
    @given(requests(method.input_type, KNOWN))
    def send(data: bytes) -> None:
        before = books.contents(), books.balances()
        answer = ask(channels[method.containing_service.file.package], method, data)
        assert_documented(method, data, answer)
        assert_changed_nothing(answer, before, books, data)
        answered[answer.kind] += 1

    send()
    # What was drawn reached the checks, and beyond them: else it would prove little.
    assert INVALID in answered, answered
    assert answered.keys() - {INVALID}, answered


@EVERY_METHOD
def test_each_field_with_each_bad_value(
    method: MethodDescriptor, channels: dict[str, grpc.Channel], books: Books
) -> None:
    """What is drawn above may miss one of them."""
    message = GetMessageClass(method.input_type)()
    fill(message)
    right = message.SerializeToString()
    before = books.contents()
    asked = [right + bad for bad in each_bad(method.input_type)]
    answers = [ask(channels[method.containing_service.file.package], method, data) for data in asked]
    for data, answer in zip(asked, answers, strict=True):
        assert_documented(method, data, answer)
    if all(answer.status in ("INVALID_ARGUMENT", "NOT_FOUND") for answer in answers):
        assert books.contents() == before
    assert INVALID in {answer.kind for answer in answers}


@pytest.mark.parametrize("method", [method for method, _ in LISTS], ids=lambda method: method.name)
def test_a_page_token_that_nobody_gave(method: MethodDescriptor, channels: dict[str, grpc.Channel]) -> None:
    """It knows the question, and its position is one that the checks may let through."""
    answered = set()
    for position in POSITIONS:
        data = forged(method, json.dumps(position)[1:-1].encode()).SerializeToString()
        answer = ask(channels[method.containing_service.file.package], method, data)
        assert_documented(method, data, answer)
        answered.add(answer.kind)
    assert INVALID in answered
    assert answered - {INVALID}


def assert_changed_nothing(answer: Answer, before: tuple[Any, ...], books: Books, data: bytes) -> None:
    """I14, I17: unless it was OK."""
    if answer.status == "OK":
        return
    assert books.balances() == before[1], (answer, data[:300])
    if answer.reason not in LEAVES_A_TRACE:
        assert books.contents() == before[0], (answer, data[:300])


async def test_afterwards_the_books_are_right_and_the_logs_clean(made: World) -> None:
    await at_rest(made.pair)
    assert set(violations(made.pair, overdue_s=0)) <= NOT_OURS
    for process in (made.running.order, *made.running.payments):
        log = process.stderr
        assert "unforeseen" not in log
        assert "Traceback" not in log
        assert not [ticket for ticket in KNOWN["ticket"] if ticket in log]


def test_allowed_is_never_internal() -> None:
    assert not [method for method in METHODS if ("INTERNAL", "INTERNAL") in allowed(method.full_name)]
