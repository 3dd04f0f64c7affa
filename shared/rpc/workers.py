"""Several processes of one service on one port: started, watched, started again, and ended together."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import structlog

from shared.errors import StartupError
from shared.rpc.server import cannot_listen, say_listening, stop_asked

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0
log = structlog.get_logger()


@contextlib.contextmanager
def reserved(address: str) -> Iterator[str]:
    """Keep a port for our workers, whichever of them are alive, and from everybody else; the address, port 0 chosen."""
    host, _, port = address.rpartition(":")
    with contextlib.ExitStack() as sockets:
        try:
            family, kind, protocol, _, place = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind, protocol) as probe:
                # Who listens without SO_REUSEPORT is told of any other user of the port, other workers too.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(place)
                probe.listen()
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                # This one never listens, or the kernel would give it connections that nobody accepts.
                kept = sockets.enter_context(socket.socket(family, kind, protocol))
                kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                kept.bind(probe.getsockname())
        except OSError:
            raise cannot_listen(address) from None
        yield f"{host}:{kept.getsockname()[1]}"


async def supervise(
    name: str, address: str, count: int, prepare: Callable[[], None], environment: Mapping[str, str]
) -> int:
    """Run `count` workers until SIGTERM or SIGINT, then drain them: 0 when all did. StartupError: one can't start."""
    stop = stop_asked()
    await asyncio.to_thread(prepare)  # once, so that what is wrong is told once
    workers = [Worker(name, number, environment) for number in range(1, count + 1)]
    keeping = [asyncio.create_task(worker.keep(stop)) for worker in workers]
    listening = asyncio.gather(*(worker.listened.wait() for worker in workers))
    first: list[asyncio.Future[Any]] = [listening, *keeping]
    await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
    failed = not listening.done() and not stop.is_set()
    if listening.done():
        say_listening(name, address)
    elif failed:
        stop.set()
    statuses = await asyncio.gather(*keeping)
    listening.cancel()
    if failed:
        raise StartupError("a worker did not start, and so none of them serves")
    return int(any(statuses))


class Worker:
    """One process after another. Each is a fresh one: gRPC does not survive a fork."""

    def __init__(self, name: str, number: int, environment: Mapping[str, str]) -> None:
        self._command = [sys.executable, "-m", name]
        # Its stdin ends when we are gone, however it was, and then so does it.
        own = {"PAYONCE_WORKER": str(number), "PAYONCE_STOP_AT_EOF": "1"}
        self._environment = {**os.environ, **environment, **own}
        self._pause_s = FIRST_PAUSE_S
        self._log = log.bind(worker=str(number))
        self.listened = asyncio.Event()

    async def keep(self, stop: asyncio.Event) -> int:
        """Start it again whenever it ends, until `stop`; the last exit status. One that never listened is let go."""
        while True:
            status = await self._run(stop)
            if stop.is_set() or not self.listened.is_set():
                return status
            self._log.warning("worker.ended", status=status, again_in_s=self._pause_s)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._pause_s)
                return 0
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    async def _run(self, stop: asyncio.Event) -> int:
        # A session of its own: Ctrl-C in the terminal is for us, and we pass it on.
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, env=self._environment, stdin=PIPE, stdout=PIPE, start_new_session=True
            )
        except OSError:  # no memory, too many processes: it is tried again
            self._log.exception("worker.trouble")
            return 1
        assert process.stdout is not None  # noqa: S101 - it was asked for
        reading = asyncio.create_task(self._read(process.stdout))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([reading, stopping], return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        stopping.cancel()
        await reading
        status = await process.wait()
        # Killed by what we sent: it was starting, and had nothing to drain.
        return 0 if stop.is_set() and status == -signal.SIGTERM else status

    async def _read(self, stdout: asyncio.StreamReader) -> None:
        """Until it ends. Its one line says that it listens."""
        async for _ in stdout:
            self._log.info("worker.listening")
            self._pause_s = FIRST_PAUSE_S
            self.listened.set()
