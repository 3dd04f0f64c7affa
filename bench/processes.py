"""The processes of a benchmark, and the CPU time that each has used."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from os import environ
from pathlib import Path
from typing import IO

import psutil  # type: ignore[import-untyped]

from bench.load import Measured, Round

STOP_LIMIT_S = 60.0


class Process:
    """`python -m module`, which ends when its stdin does."""

    def __init__(
        self, module: str, log: IO[str], given: Mapping[str, str] | None = None, arguments: Sequence[str] = ()
    ) -> None:
        self.module = module
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env={**environ, **(given or {}), "PAYONCE_STOP_AT_EOF": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, line: str) -> str:
        """Write a line, read one."""
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self.line()

    def line(self) -> str:
        """The next line that it prints."""
        assert self._process.stdout is not None  # noqa: S101
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.module} ended with {self._process.wait()}")
        return line

    def close(self) -> None:
        with suppress(BrokenPipeError):
            self._process.communicate(timeout=STOP_LIMIT_S)


class Client:
    """The load generator, or another module that answers rounds."""

    def __init__(self, log: IO[str], module: str = "bench.load", given: Mapping[str, str] | None = None) -> None:
        self.process = Process(module, log, given)

    def run(self, asked: Round) -> Measured:
        """One round."""
        return Measured(**json.loads(self.process.ask(json.dumps(asdict(asked)))))


class Server:
    """A process that says where it listens."""

    def __init__(
        self, module: str, log: IO[str], given: Mapping[str, str] | None = None, arguments: Sequence[str] = ()
    ) -> None:
        self.process = Process(module, log, given, arguments)
        self.address = self.process.line().split()[-1]


def cpu_s(pid: int) -> float:
    """CPU seconds of a process, its children, and those of them that ended."""
    process = psutil.Process(pid)
    used = sum(process.cpu_times()[:4])  # user, system, and both of children that were waited for
    for child in process.children():
        with suppress(psutil.NoSuchProcess):
            used += sum(child.cpu_times()[:2])
    return float(used)


def rss_mib(pid: int) -> float:
    """Resident memory of a process."""
    return round(float(psutil.Process(pid).memory_info().rss) / 2**20, 1)


def postmaster(data: Path) -> int:
    """The pid of the PostgreSQL whose files are there."""
    return int((data / "postmaster.pid").read_text().splitlines()[0])
