"""`payonce up` as a process, on free ports."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from tests.harness.needs import missing
from tests.harness.services import ROOT


@dataclass(frozen=True)
class Up:
    """It runs; what it said, and where it listens."""

    lines: list[str]
    orders: str
    payments: str

    def aimed(self, text: str) -> str:
        """A page's text, at these addresses."""
        return text.replace("127.0.0.1:50051", self.orders).replace("127.0.0.1:50052", self.payments)


@contextlib.asynccontextmanager
async def up(folder: str, *more: str) -> AsyncIterator[Up]:
    """Running on free ports; Ctrl-C at the end, which must end it well."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "payonce.cli", "up", "--order-port", "0", "--payment-port", "0", "--data", folder, *more,
        stdout=PIPE, cwd=ROOT, env={**os.environ, "PAYONCE_CONSOLE_LISTEN": "127.0.0.1:0"},
    )  # fmt: skip
    try:
        lines = await asyncio.wait_for(said_by(process), 60)
        where = dict(line.split() for line in lines if line.startswith(("order_service ", "payment_service ")))
        yield Up(lines, where["order_service"], where["payment_service"])
    finally:
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 30) == 0


async def said_by(process: Process) -> list[str]:
    """The lines up to the one about Ctrl-C."""
    assert process.stdout
    lines: list[str] = []
    while not (lines and lines[-1].startswith("Ctrl-C")):
        line = (await process.stdout.readline()).decode()
        assert line, lines
        lines.append(line.rstrip("\n"))
    return lines


def found_grpcurl() -> str:
    """Where grpcurl is."""
    found = shutil.which("grpcurl", path=f"{os.environ.get('PATH')}:{Path.home() / 'go' / 'bin'}")
    return found or missing("no grpcurl on PATH: go install github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4")
