"""`payonce up` and `payonce demo` leave nothing behind, however they are ended; and `up` listens to its environment."""

import asyncio
import contextlib
import fcntl
import os
import pty
import signal
import socket
import sys
import tempfile
import termios
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from shared.embedded import EmbeddedPostgres
from tests.harness.postgres import Postgres, rows
from tests.harness.services import ROOT, environment
from tests.server.standard import free_port

LIMIT_S = 60.0
LISTEN = ("PAYONCE_CONSOLE_LISTEN", "ORDER_LISTEN", "PAYMENT_LISTEN")
ANY_PORTS = ("--order-port", "0", "--payment-port", "0", "--console-port", "0")


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="payonce-terminal-") as name:
        Path(name).chmod(0o755)  # PostgreSQL does not run as root, and must get in
        yield Path(name)


@contextlib.asynccontextmanager
async def payonce(*arguments: str, **given: Any) -> AsyncIterator[Process]:
    """The command; whatever it left running is gone at the end, so that a test that fails leaves nothing either."""
    env = environment(given.pop("env", {}))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "payonce.cli", *arguments, cwd=ROOT, env=env, **{"stdout": PIPE, **given}
    )
    try:
        yield process
    finally:
        left = children(process)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        for child in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        await process.wait()


def children(process: Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return [*psutil.Process(process.pid).children(recursive=True)]
    return []


def runs(process: psutil.Process, module: str) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return module in process.cmdline()
    return False


async def line(process: Process) -> str:
    assert process.stdout
    return (await asyncio.wait_for(process.stdout.readline(), LIMIT_S)).decode().strip()


async def welcomed(process: Process) -> list[str]:
    """What `up` says once both services run."""
    lines: list[str] = []
    while not (lines and lines[-1].startswith("Ctrl-C")):
        lines.append(await line(process))
        assert lines[-1] or not process.stdout or not process.stdout.at_eof(), lines
    return lines


async def gone(processes: list[psutil.Process]) -> bool:
    assert processes
    _, alive = await asyncio.to_thread(psutil.wait_procs, processes, LIMIT_S)
    left = [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]
    for process in left:
        process.kill()
    return not left


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_all_of_up(folder: Path, number: signal.Signals) -> None:
    async with payonce("up", *ANY_PORTS, "--data", str(folder)) as up:
        await welcomed(up)
        services = children(up)
        up.send_signal(number)
        assert await asyncio.wait_for(up.wait(), LIMIT_S) == 0
        assert await gone(services)
    assert not (folder / "postgres" / "postmaster.pid").exists()


async def test_a_terminal_that_closes_ends_all_of_up(folder: Path) -> None:
    """Not only a signal: whatever is printed from then on is an error."""
    ours, theirs = pty.openpty()

    def take_terminal() -> None:
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

    async with payonce(
        "up", *ANY_PORTS, "--data", str(folder),
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, preexec_fn=take_terminal,
    ) as up:  # fmt: skip
        os.close(theirs)
        said = b""
        while b"Ctrl-C" not in said:
            said += await asyncio.wait_for(asyncio.to_thread(os.read, ours, 4096), LIMIT_S)
        services = children(up)
        os.close(ours)
        await asyncio.wait_for(up.wait(), LIMIT_S)
        assert await gone(services)
    assert not (folder / "postgres" / "postmaster.pid").exists()


async def test_the_services_end_when_up_is_killed(folder: Path) -> None:
    async with payonce("up", *ANY_PORTS, "--data", str(folder)) as up:
        await welcomed(up)
        services = children(up)
        up.kill()
        assert await gone(services)
    EmbeddedPostgres(folder).close()  # who comes next stops what nobody could stop
    assert not (folder / "postgres" / "postmaster.pid").exists()


async def test_a_signal_ends_all_of_the_demo(folder: Path) -> None:
    async with payonce("demo", env={"TMPDIR": str(folder)}) as demo:
        assert await line(demo) == "starting PostgreSQL and both services"
        while not any(runs(child, "payment_service") for child in children(demo)):
            await asyncio.sleep(0.05)
        services = children(demo)
        demo.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(demo.wait(), LIMIT_S) == 1
        assert await gone(services)
    assert list(folder.iterdir()) == []


async def test_up_takes_its_settings_from_the_environment(folder: Path, postgres: Postgres) -> None:
    listen = {name: f"127.0.0.1:{free_port()}" for name in LISTEN}
    urls = {name: postgres.empty() for name in ("ORDER_DATABASE_URL", "PAYMENT_DATABASE_URL")}
    async with payonce("up", "--data", str(folder), env={**listen, **urls}) as up:
        lines = await welcomed(up)
        console, *services = (line.split()[-1].removeprefix("http://") for line in lines[:3])
        assert [console, *services] == list(listen.values())
        for name in urls:
            assert f"{name} is used as given, and migrated" in lines
        up.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(up.wait(), LIMIT_S) == 0
    assert rows(urls["ORDER_DATABASE_URL"], "SELECT count(*) FROM orders") == [(0,)]
    assert rows(urls["PAYMENT_DATABASE_URL"], "SELECT count(*) FROM payments") == [(0,)]
    assert not (folder / "postgres").exists(), "no embedded PostgreSQL for databases that are elsewhere"


async def test_a_port_in_use_names_the_option(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        arguments = ("up", "--order-port", "0", "--payment-port", port, "--no-console", "--data", str(folder))
        async with payonce(*arguments, stderr=STDOUT) as up:
            said = await line(up)
            assert port in said
            assert "--payment-port" in said
            assert await asyncio.wait_for(up.wait(), LIMIT_S) == 1
