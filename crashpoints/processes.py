"""Service processes that start quickly: forked from one that has loaded their code, and has run none of it.

Each is a process of its own, with its own failpoint, connections and threads, and ends by a real SIGKILL.
"""

import asyncio
import multiprocessing
import os
from multiprocessing.connection import Connection

import shared.rpc  # noqa: F401 - it tells gRPC how to behave; the fork server inherits that
from crashpoints.serving import serve
from tests.harness.services import environment

KILLED = -9
START_TIMEOUT_S = 30.0
LOADED = ["crashpoints.serving", "order_service.main", "payment_service.main"]
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(LOADED)


class DidNotStartError(Exception):
    """It ended, or said nothing, before it listened."""


class Served:
    """One service process, from its start to its end."""

    def __init__(self, module: str, env: dict[str, str], log: str) -> None:
        held_there, self._held = FORKS.Pipe(duplex=False)
        self._out, out_there = FORKS.Pipe(duplex=False)
        given = {**environment(env), "PAYONCE_STOP_AT_EOF": "1"}
        self.module = module
        self._process = FORKS.Process(target=serve, args=(module, given, log, held_there, out_there))
        self._process.start()
        held_there.close()
        out_there.close()
        self._status: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().add_reader(self._process.sentinel, self._ended)
        self.address = ""

    @classmethod
    async def start(cls, module: str, env: dict[str, str], log: str) -> "Served":
        """A process that listens; it may be dead by then, if it was to die of itself."""
        served = cls(module, env, log)
        try:
            served.address = _address(module, await asyncio.wait_for(_line(served._out), START_TIMEOUT_S))
        except BaseException:
            await served.kill()
            raise
        return served

    @property
    def alive(self) -> bool:
        return not self._status.done()

    async def ended(self) -> int:
        """Wait for its end: the exit status, -9 after SIGKILL."""
        return await asyncio.shield(self._status)

    async def kill(self) -> None:
        """SIGKILL, if it still runs."""
        if self.alive:
            self._process.kill()
        await self.ended()

    def _ended(self) -> None:
        asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self._process.join()
        status = self._process.exitcode
        self._status.set_result(0 if status is None else status)
        self._process.close()
        self._held.close()
        self._out.close()


def _address(module: str, line: str) -> str:
    if not line.startswith(f"{module} listening on "):
        raise DidNotStartError(f"{module} said {line!r}")
    return line.rsplit(maxsplit=1)[-1]


async def _line(source: Connection) -> str:
    """The first line that comes; what there was of it when the writer is gone."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    descriptor = os.fdopen(os.dup(source.fileno()), "rb")  # the transport's own, whatever becomes of the process
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), descriptor)
    line = (await reader.readline()).decode()
    transport.close()
    return line
