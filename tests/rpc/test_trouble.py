"""Trouble of the server's own: what callers are told, and what they are not. On services of each test's own."""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from pathlib import Path

import grpc
import psycopg
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health
from sqlalchemy.exc import ProgrammingError

from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import account_pb2, payment_service_pb2
from shared.database import Database
from shared.rpc import server
from shared.rpc.exposure import Exposure
from tests.harness.answers import detail, reason
from tests.harness.freezing import freezing
from tests.harness.locks import held, somebody_waits
from tests.harness.money import TIMEOUT_S, balance, money, order, pay, seed
from tests.harness.postgres import Pair, Postgres, raw, rows
from tests.harness.services import services
from tests.harness.stubs import Stubs
from tests.server.standard import NOT_SERVING, SERVICES, SERVING, Health, launched, settings, watching

PAY = payment_service_pb2.PayOrderRequest(order_id="order")  # sent once: the harness's own `pay` would retry
HERS = "SELECT FROM accounts WHERE account_id = 'alice' FOR UPDATE"
INTERNALS = ("select", "insert", "column", "relation", "psycopg", "sqlalchemy", "gone", "Traceback")


async def failure(call: Awaitable[object]) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


def assert_worth_a_retry(error: grpc.aio.AioRpcError) -> None:
    delay_ms = detail(error, error_details_pb2.RetryInfo).retry_delay.ToMilliseconds()
    assert delay_ms > 0
    assert dict(error.trailing_metadata() or ())["grpc-retry-pushback-ms"] == str(delay_ms)


async def until(changes: AsyncIterator[Health], status: Health) -> bool:
    """Whether the health comes to that before the watch ends."""
    async for found in changes:
        if found == status:
            return True
    return False


async def test_the_unforeseen_is_told_without_internals_and_logged_whole(pair: Pair) -> None:
    async with services(pair) as s, Stubs(s.order.address, s.payments[0].address) as stubs:
        await seed(stubs)
        await order(stubs, "order")
        for url, change in (
            (pair.payments_url, b"ALTER TABLE accounts RENAME COLUMN balance_minor TO gone"),
            (pair.orders_url, b"ALTER TABLE orders RENAME COLUMN status TO gone"),
        ):
            with psycopg.connect(raw(url), autocommit=True) as connection:
                connection.execute(change)
        get = order_service_pb2.GetOrderRequest(order_id="order")
        account = account_pb2.GetAccountRequest(account_id="alice")
        for process, call in (
            (s.order, stubs.orders.GetOrder(get, timeout=TIMEOUT_S)),
            (s.payments[0], stubs.payments.GetAccount(account, timeout=TIMEOUT_S)),
        ):
            error = await failure(call)
            assert (error.code(), reason(error)) == (grpc.StatusCode.INTERNAL, "INTERNAL")
            told = f"{error.details()} {error.trailing_metadata()}".lower()
            assert not [word for word in INTERNALS if word.lower() in told], told
            error_id = detail(error, error_details_pb2.ErrorInfo).metadata["error_id"]
            (logged,) = [line for line in process.stderr.splitlines() if error_id in line]
            assert "UndefinedColumn" in logged


async def test_a_payment_that_takes_longer_than_its_deadline_is_in_progress(pair: Pair) -> None:
    async with services(pair) as s, Stubs(s.order.address, s.payments[0].address) as stubs:
        await seed(stubs)
        await order(stubs, "order", 1_000)
        with held(pair.payments_url, HERS):
            for _ in range(20):
                error = await failure(stubs.payments.PayOrder(PAY, timeout=0.3))
                if error.code() != grpc.StatusCode.DEADLINE_EXCEEDED:
                    break  # the answer was in time; on a busy machine it may not be
        assert (error.code(), reason(error)) == (grpc.StatusCode.UNAVAILABLE, "PAYMENT_IN_PROGRESS")
        assert_worth_a_retry(error)
        assert (await pay(stubs, "order")).order_confirmed
        assert await balance(stubs, "alice") == 9_000


async def test_a_full_queue_is_overloaded_and_says_when_to_come_again(pair: Pair) -> None:
    narrow = {"PAYMENT_QUEUE_LIMIT": "1", "PAYMENT_LANES": "1"}
    async with services(pair, payment_env=narrow) as s, Stubs(s.order.address, s.payments[0].address) as stubs:
        await seed(stubs)
        await order(stubs, "order", 1_000)
        with held(pair.payments_url, HERS):
            first = asyncio.ensure_future(failure(stubs.payments.PayOrder(PAY, timeout=TIMEOUT_S)))
            await somebody_waits(pair.payments_url)
            errors = await asyncio.gather(
                *(failure(stubs.payments.PayOrder(PAY, timeout=TIMEOUT_S)) for _ in range(10))
            )
            await first
        refused = [error for error in errors if error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED]
        assert refused
        for error in refused:
            assert reason(error) == "OVERLOADED"
            assert_worth_a_retry(error)
        assert {reason(error) for error in errors} <= {"OVERLOADED", "PAYMENT_IN_PROGRESS"}
        assert await balance(stubs, "alice") == 10_000
        assert (await pay(stubs, "order")).order_confirmed


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    server = Postgres()
    yield server
    with contextlib.suppress(subprocess.CalledProcessError):  # it was stopped
        server.close()


def stop(pair: Pair) -> None:
    """A fast shutdown of the server, by signal: gRPC does not bear a fork while its channels are open."""
    folder = rows(pair.orders_url, "SHOW data_directory")[0][0]
    os.kill(int((Path(folder) / "postmaster.pid").read_text().split()[0]), signal.SIGINT)


async def test_a_database_that_stopped_is_unavailable(own_postgres: Postgres) -> None:
    pair = own_postgres.pair()
    async with (
        services(pair) as s,
        Stubs(s.order.address, s.payments[0].address) as stubs,
        watching(s.payments[0].address, SERVICES["payment_service"]) as changes,
    ):
        await seed(stubs)
        await order(stubs, "order")
        assert await until(changes, SERVING)
        stop(pair)
        assert await until(changes, NOT_SERVING)
        get = order_service_pb2.GetOrderRequest(order_id="order")
        account = account_pb2.GetAccountRequest(account_id="alice")
        deposit = account_pb2.DepositRequest(account_id="alice", amount=money(1), request_id="late")
        for call in (
            stubs.orders.GetOrder(get, timeout=TIMEOUT_S),
            stubs.payments.GetAccount(account, timeout=TIMEOUT_S),
            stubs.payments.Deposit(deposit, timeout=TIMEOUT_S),
            stubs.payments.PayOrder(PAY, timeout=TIMEOUT_S),
        ):
            error = await failure(call)
            assert (error.code(), reason(error)) == (grpc.StatusCode.UNAVAILABLE, "DATABASE_UNAVAILABLE")
            assert_worth_a_retry(error)


async def test_a_silent_database_is_not_serving_until_it_speaks_again(pair: Pair) -> None:
    async with freezing(pair.orders_url) as proxy:
        env = settings("order_service", DATABASE_URL=proxy.url, LISTEN="127.0.0.1:0")
        async with launched("order_service", env) as running:
            await running.listening()
            async with watching(running.address, SERVICES["order_service"]) as changes:
                assert await until(changes, SERVING)
                proxy.freeze()
                assert await anext(changes) == NOT_SERVING
                proxy.thaw()
                assert await anext(changes) == SERVING


async def test_sigterm_ends_a_service_whose_database_is_silent(pair: Pair) -> None:
    async with freezing(pair.orders_url) as proxy:
        env = settings("order_service", DATABASE_URL=proxy.url, LISTEN="127.0.0.1:0", GRACE_S="0")
        async with launched("order_service", env) as running:
            await running.listening()
            async with Stubs(running.address, running.address) as stubs:
                await order(stubs, "order")
                with held(pair.orders_url, "SELECT FROM orders FOR UPDATE"):
                    cancel = order_service_pb2.CancelOrderRequest(order_id="order")
                    call = asyncio.ensure_future(failure(stubs.orders.CancelOrder(cancel, timeout=TIMEOUT_S)))
                    await somebody_waits(pair.orders_url)
                    proxy.freeze()
                running.process.send_signal(signal.SIGTERM)
                assert await running.wait(timeout_s=60) == 0
                assert (await call).code() == grpc.StatusCode.UNAVAILABLE


async def test_whatever_a_ping_meets_the_watch_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trouble that nobody foresaw is NOT_SERVING, never the end of the watch."""
    monkeypatch.setattr(server, "HEALTH_INTERVAL_S", 0)
    database = Erratic([True, ProgrammingError("SELECT 1", None, Exception()), True])
    service = server.Service(
        name="test", address="",
        exposure=Exposure(access={}, credentials=None, guard=None, reflection=False, options=[]),
        grpc_services=[], register=lambda _: None, databases=[database], prepare=lambda: None,
    )  # fmt: skip
    shown = Shown()
    watch = asyncio.ensure_future(server._watch_health(shown, service))
    await asyncio.wait({watch, asyncio.ensure_future(database.exhausted.wait())}, return_when=asyncio.FIRST_COMPLETED)
    assert not watch.done(), watch.exception()
    watch.cancel()
    assert shown.statuses == [SERVING, NOT_SERVING, SERVING]


class Erratic(Database):
    """Answers as it is told, then never again."""

    def __init__(self, answers: Sequence[bool | Exception]) -> None:
        self._answers = list(answers)
        self.exhausted = asyncio.Event()

    async def answers(self, *, within_s: float) -> bool:
        assert within_s > 0
        if not self._answers:
            self.exhausted.set()
            await asyncio.Event().wait()
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Shown(health.aio.HealthServicer):  # type: ignore[misc]
    """Keeps what was shown, change by change."""

    def __init__(self) -> None:
        super().__init__()
        self.statuses: list[Health] = []

    async def set(self, service: str, status: Health) -> None:
        assert service == health.OVERALL_HEALTH
        self.statuses.append(status)
