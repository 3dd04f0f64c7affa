"""One caller may call so often; others are not asked to pay for it."""

import asyncio
from collections import Counter

import grpc
import pytest
from google.rpc import error_details_pb2

from payonce.payment.v1 import payment_service_pb2
from shared.errors import PayonceError, Reason
from shared.rpc import rates as module
from shared.rpc.rates import Rates
from tests.harness.answers import detail, reason
from tests.harness.postgres import Postgres
from tests.harness.services import services
from tests.harness.stubs import Stubs
from tests.security.world import Keys, Secured

WANTED = payment_service_pb2.LookupPaymentRequest(order_id="none")


class Clock:
    """Which a test turns on."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    one = Clock()
    monkeypatch.setattr(module, "time", one)
    return one


def taken(rates: Rates, caller: str, count: int) -> int:
    """How many of so many calls were let in."""
    let_in = 0
    for _ in range(count):
        try:
            rates.take(caller)
        except PayonceError as error:
            assert error.reason is Reason.RATE_LIMITED  # noqa: PT017 - some are let in
            continue
        let_in += 1
    return let_in


def test_a_burst_then_so_many_a_second(clock: Clock) -> None:
    rates = Rates(10)
    assert taken(rates, "alice", 100) == 20
    assert taken(rates, "bob", 100) == 20
    clock.now_s += 1
    assert taken(rates, "alice", 100) == 10
    clock.now_s += 3_600
    assert taken(rates, "alice", 100) == 20


def test_whoever_waits_as_told_is_let_in(clock: Clock) -> None:
    rates = Rates(10)
    taken(rates, "alice", 20)
    with pytest.raises(PayonceError) as caught:
        rates.take("alice")
    assert caught.value.retry_after_s == pytest.approx(0.1)
    clock.now_s += 0.1
    rates.take("alice")


def test_one_call_in_a_while_is_let_in(clock: Clock) -> None:
    rates = Rates(0.1)
    assert taken(rates, "alice", 5) == 1
    clock.now_s += 10.001
    assert taken(rates, "alice", 5) == 1


def test_there_is_room_for_so_many_callers(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CALLERS_LIMIT", 10)
    rates = Rates(1)
    for i in range(1_000):
        clock.now_s += 0.001
        rates.take(i)
    assert len(rates._due) == 10


async def test_over_the_wire(postgres: Postgres, keys: Keys) -> None:
    env = {**keys.settings, "PAYMENT_RATE_LIMIT": "1"}
    async with services(postgres.pair(), payment_env=env, order_env=keys.settings) as running:
        secured = Secured(running, keys)
        alice, bob = (secured.stubs(keys.caller("backoffice", name)) for name in ("alice", "bob"))
        async with alice, bob:
            answers = await asyncio.gather(*(answer(alice) for _ in range(60)))
            assert Counter(answers)["OK"] >= 2
            assert set(answers) == {"OK", "RATE_LIMITED"}
            assert await answer(bob) == "OK"


async def test_in_development_it_goes_by_the_address_when_it_is_set(postgres: Postgres) -> None:
    async with services(postgres.pair(), payment_env={"PAYMENT_RATE_LIMIT": "1"}) as running:
        addresses = running.order.address, running.payments[0].address
        async with Stubs(*addresses) as one, Stubs(*addresses) as another:
            answers = await asyncio.gather(*(answer(stubs) for stubs in (one, another) for _ in range(30)))
            assert set(answers) == {"OK", "RATE_LIMITED"}


async def answer(stubs: Stubs) -> str:
    try:
        await stubs.payments.LookupPayment(WANTED, timeout=60)
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
            raise
        told = detail(error, error_details_pb2.RetryInfo).retry_delay.ToMilliseconds()
        pushed_back = dict(error.trailing_metadata() or ())["grpc-retry-pushback-ms"]
        assert told == int(pushed_back) > 0
        return reason(error)
    return "OK"
