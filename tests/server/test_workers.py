"""`--workers`: several processes on one port. One may die, all end together, and together they charge once."""

import asyncio
import contextlib
import importlib
import signal
import socket
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.harness.audit import attempts, charges, quiet
from tests.harness.money import balance, order, pay_confirmed, pay_marked, seed
from tests.harness.postgres import Pair, Postgres
from tests.harness.retries import retried
from tests.harness.services import Environment, Running, environment, services
from tests.harness.stubs import Stubs
from tests.server.standard import SERVICES, SERVING, channel, database_url, launched, settings
from tests.server.test_startup_trouble import only_line

LIMIT_S = 60.0
CALLERS = 40
each_service = pytest.mark.parametrize("module", list(SERVICES))


@contextlib.asynccontextmanager
async def workers(module: str, env: Environment, count: int = 2) -> AsyncIterator[Running]:
    """All of them listen; none is left at the end, also when a test fails."""
    async with launched(module, env, "serve", "--workers", str(count)) as running:
        left: list[psutil.Process] = []
        try:
            await running.listening()
            left = children(running)
            yield running
        finally:
            left += children(running)
            await running.kill()
            assert await gone(left)


def children(running: Running) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return [*psutil.Process(running.process.pid).children()]
    return []


async def gone(processes: list[psutil.Process]) -> bool:
    _, alive = await asyncio.to_thread(psutil.wait_procs, processes, LIMIT_S)
    for process in alive:
        process.kill()
    return not alive


def env_of(pair: Pair, module: str, **more: str) -> Environment:
    return settings(module, DATABASE_URL=database_url(pair, module), LISTEN="127.0.0.1:0", **more)


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="payonce-workers-") as name:
        Path(name).chmod(0o755)  # PostgreSQL does not run as root, and must get in
        yield Path(name) / "data"


@each_service
async def test_each_answers_and_is_replaced(pair: Pair, module: str) -> None:
    async with workers(module, env_of(pair, module)) as running:
        first, second = children(running)
        await dies(first)
        await assert_answers(running)  # the second does
        await listening_again(running, times=3)
        await dies(second)
        await assert_answers(running)  # the replacement does
        await listening_again(running, times=4)
        assert len(children(running)) == 2
        assert await running.terminate() == 0


@each_service
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_drains_all(pair: Pair, module: str, number: signal.Signals) -> None:
    async with workers(module, env_of(pair, module)) as running:
        processes = children(running)
        running.process.send_signal(number)
        assert await running.wait() == 0
        assert not any(process.is_running() for process in processes)
        assert running.stderr.count('"stopped"') == 2, running.stderr
        assert "Traceback" not in running.stderr


async def test_a_signal_while_they_start(pair: Pair) -> None:
    async with launched("payment_service", env_of(pair, "payment_service"), "serve", "--workers", "2") as running:
        while len(processes := children(running)) < 2:
            assert running.process.returncode is None
            await asyncio.sleep(0.01)
        assert await running.terminate() == 0
        assert not any(process.is_running() for process in processes)


@each_service
async def test_none_outlives_a_killed_parent(pair: Pair, module: str) -> None:
    async with workers(module, env_of(pair, module)) as running:
        processes = children(running)
        await running.kill()
        assert await gone(processes)


async def test_all_end_with_stdin(pair: Pair) -> None:
    env = environment({**env_of(pair, "order_service"), "PAYONCE_STOP_AT_EOF": "1"})
    arguments = ("-m", "order_service", "serve", "--workers", "2")
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, env=env, stdin=PIPE, stdout=PIPE)
    assert process.stdin
    assert process.stdout
    assert await asyncio.wait_for(process.stdout.readline(), LIMIT_S)
    processes = [*psutil.Process(process.pid).children()]
    process.stdin.close()
    assert await asyncio.wait_for(process.wait(), LIMIT_S) == 0
    assert await gone(processes)


async def test_a_worker_that_could_not_drain_is_told(pair: Pair) -> None:
    async with workers("order_service", env_of(pair, "order_service")) as running:
        victim, other = children(running)
        victim.suspend()  # it hears of the signal, and does nothing about it
        running.process.send_signal(signal.SIGTERM)
        assert await gone([other])
        victim.kill()
        assert await running.wait() == 1


async def test_40_connections_to_two_workers_charge_once(pair: Pair) -> None:
    async with services(pair, payment_processes=0) as s:
        env = env_of(pair, "payment_service", ORDER_SERVICE=s.order.address)
        async with workers("payment_service", env) as running, contextlib.AsyncExitStack() as stack:
            callers = [await stack.enter_async_context(Stubs(s.order.address, running.address)) for _ in range(CALLERS)]
            await seed(callers[0])
            await order(callers[0], "order", 1_000)
            answers = await asyncio.gather(*(pay_marked(caller, "order") for caller in callers))
            for process in children(running):
                assert connections(process, running.port), "one worker had all the callers"
            assert len({answer.payment.payment_id for answer, _ in answers}) == 1
            assert Counter(replayed for _, replayed in answers) == {False: 1, True: CALLERS - 1}
            assert await balance(callers[0], "alice") == 9_000
            await pay_confirmed(callers[0], "order")
            assert await running.terminate() == 0
    await quiet(pair)
    assert charges(pair, "order") == 1
    assert attempts(pair, "order") == 1


@each_service
async def test_port_in_use(pair: Pair, module: str) -> None:
    env = env_of(pair, module)
    async with workers(module, env) as first:  # they would share it with others of their kind, if they were let
        taken = {**env, **settings(module, LISTEN=first.address)}
        for arguments in ([], ["--workers", "2"]):
            assert first.address in await only_line(module, taken, *arguments)
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        address = f"127.0.0.1:{stranger.getsockname()[1]}"
        assert address in await only_line(module, {**env, **settings(module, LISTEN=address)}, "--workers", "2")


@each_service
async def test_database_without_schema_is_one_line(postgres: Postgres, module: str) -> None:
    env = settings(module, DATABASE_URL=postgres.empty(), LISTEN="127.0.0.1:0")
    assert f"python -m {module} migrate" in await only_line(module, env, "--workers", "2")


async def test_the_embedded_database_is_the_parents(folder: Path) -> None:
    env = {"PAYONCE_DATA_DIR": str(folder), **settings("order_service", LISTEN="127.0.0.1:0")}
    async with workers("order_service", env) as running:
        await dies(children(running)[0])
        await listening_again(running, times=3)
        await assert_answers(running)
        assert await running.terminate() == 0
    assert not (folder / "postgres" / "postmaster.pid").exists()


@each_service
@pytest.mark.parametrize("number", ["0", "-1", "x", "65", "", "01", "2.0"])
def test_a_wrong_number_is_the_usage(
    module: str, number: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [module, "serve", "--workers", number])
    with pytest.raises(SystemExit) as caught:
        importlib.import_module(f"{module}.main").main()
    assert caught.value.code == 2
    own = {"order_service": "", "payment_service": " | reconcile | reconcile --apply"}[module]
    assert capsys.readouterr().err == f"usage: python -m {module} [serve [--workers 1-64] | migrate{own}]\n"


async def dies(process: psutil.Process) -> None:
    process.kill()
    assert await gone([process])


async def listening_again(running: Running, times: int) -> None:
    """Until the parent has seen that many workers listen, since its start."""
    async with asyncio.timeout(LIMIT_S):
        while running.stderr.count('"worker.listening"') < times:
            await asyncio.sleep(0.02)


async def assert_answers(running: Running) -> None:
    """On a connection of its own; a fresh worker is SERVING only once it has asked its database."""

    async def check() -> None:
        async with channel(running.address) as opened:
            answer = await health_pb2_grpc.HealthStub(opened).Check(health_pb2.HealthCheckRequest(), timeout=10)
            assert answer.status in (SERVING, health_pb2.HealthCheckResponse.NOT_SERVING)

    await retried(check)


def connections(process: psutil.Process, port: int) -> int:
    found = process.net_connections("tcp")
    return sum(each.status == psutil.CONN_ESTABLISHED and each.laddr.port == port for each in found)
