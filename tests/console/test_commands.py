"""`payonce up` serves the console, Try it and all; `payonce console` serves it alone."""

import asyncio
import os
import re
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.console.served import Served
from tests.console.visitor import PATIENCE_S, Visitor
from tests.harness.services import ROOT
from tests.server.test_terminal import ANY_PORTS, children, line, payonce, runs, welcomed

HAMMER = {"times": "hammer", "lose_replies": "on", "crash": "on", "two_tabs": "on"}


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="payonce-console-") as name:
        Path(name).chmod(0o755)  # PostgreSQL does not run as root, and must get in
        yield Path(name)


async def test_up_begins_with_the_console_and_outlives_its_crashes(folder: Path) -> None:
    async with payonce("up", *ANY_PORTS, "--data", str(folder)) as up:
        first, *_ = await welcomed(up)
        found = re.fullmatch(r"console +(http://127\.0\.0\.1:\d+)", first)
        assert found
        async with httpx.AsyncClient(base_url=found[1], trust_env=False, timeout=PATIENCE_S) as http:
            visitor = Visitor(http)
            assert "Nobody has paid anything yet." in await visitor.look("/")
            for things in ("orders", "payments", "accounts"):
                assert f"There are no {things} yet." in await visitor.look(f"/{things}")
            assert "double charges prevented" in await visitor.look("/"), "figures are there without a setting"
            path = (await visitor.fill_in("/try-it", "/try-it")).headers["location"]
            await visitor.fill_in(path, f"{path}/pay", **HAMMER)
            assert "1 crash: charged once." in await visitor.told(f"{path}/events", ": charged")
        assert up.returncode is None
        up.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(up.wait(), PATIENCE_S) == 0


async def test_a_service_that_ends_by_itself_still_ends_up(folder: Path) -> None:
    async with payonce("up", *ANY_PORTS, "--data", str(folder), stderr=asyncio.subprocess.PIPE) as up:
        await welcomed(up)
        (payments,) = [child for child in children(up) if runs(child, "payment_service")]
        payments.kill()
        assert await asyncio.wait_for(up.wait(), PATIENCE_S) == 1
        assert up.stderr
        assert b"payment_service ended by itself" in await up.stderr.read()


async def test_the_console_alone(plain: Served) -> None:
    order, payments = plain.running.order.address, plain.running.payments[0].address
    env = {
        "PAYONCE_ORDER_ADDRESS": order,
        "PAYONCE_PAYMENT_ADDRESS": payments,
        "PAYONCE_CONSOLE_LISTEN": "127.0.0.1:0",
    }
    async with payonce("console", env=env) as console:
        url = (await line(console)).removeprefix("the console is at ")
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE_S) as http:
            page = (await http.get("/")).text
            assert order in page
            assert "Try it" not in page
            assert "is part of <code>payonce up</code>" in (await http.get("/try-it")).text
            looking = asyncio.create_task(http.get("/events"))
            await Visitor(http).told("/events", "serv")
            console.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(console.wait(), PATIENCE_S) == 0
            await looking


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"PAYONCE_CONSOLE_LISTEN": "0.0.0.0:0"}, "set PAYONCE_CONSOLE_TLS_CERTIFICATE, PAYONCE_CONSOLE_TLS_KEY"),
        ({"PAYONCE_CONSOLE_LISTEN": "here"}, "set PAYONCE_CONSOLE_LISTEN"),
        (
            {
                "PAYONCE_CONSOLE_LISTEN": "127.0.0.1:0",
                "PAYONCE_CONSOLE_TLS_CERTIFICATE": os.devnull,
                "PAYONCE_CONSOLE_TLS_KEY": os.devnull,
                "PAYONCE_TLS_CA": str(ROOT / "LICENSE"),
            },
            "PAYONCE_CONSOLE_TLS_CERTIFICATE, PAYONCE_CONSOLE_TLS_KEY: ",
        ),
    ],
)
async def test_what_must_not_be_served_is_told_in_one_line(env: dict[str, str], said: str) -> None:
    async with payonce("console", env=env, stderr=asyncio.subprocess.PIPE) as console:
        assert await asyncio.wait_for(console.wait(), PATIENCE_S) == 1
        assert console.stderr
        text = (await console.stderr.read()).decode()
        assert said in text
        assert text.count("\n") == 1
