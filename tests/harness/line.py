"""A TCP line between two services that can be cut, and that can hold back what is sent along it."""

import asyncio
import contextlib
from types import TracebackType
from typing import Self


class Line:
    """Listens on a free port of loopback and forwards to `target`, an address that may be told later."""

    def __init__(self, target: str = "") -> None:
        self.target = target
        self._whole = True
        self._flows = asyncio.Event()
        self._flows.set()
        self._held = asyncio.Event()
        self._ends: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.received = bytearray()  # what the target has sent back since `hold`
        self.address = ""

    def cut(self) -> None:
        """Break every connection, and refuse new ones."""
        self._whole = False
        for end in self._ends:
            end.close()

    def mend(self) -> None:
        self._whole = True

    def hold(self) -> None:
        """From now on what is sent arrives later: after `release`."""
        self._flows.clear()
        self._held.clear()
        self.received.clear()

    async def holding(self) -> None:
        """Wait until something is held back."""
        await self._held.wait()

    def release(self) -> None:
        self._flows.set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.add(writer)
        with contextlib.suppress(OSError):
            if self._whole:
                host, _, port = self.target.rpartition(":")
                onward, back = await asyncio.open_connection(host, int(port))
                self._ends.add(back)
                replies = asyncio.create_task(self._replies(onward, writer))
                self._tasks.add(replies)
                await self._requests(reader, back)
        # The way to the target stays open: what arrives there is answered, whoever hung up.
        writer.close()

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            if not self._flows.is_set():
                self._held.set()
            await self._flows.wait()
            writer.write(data)
            await writer.drain()

    async def _replies(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                self.received += data
                if not writer.is_closing():
                    writer.write(data)
        writer.close()
