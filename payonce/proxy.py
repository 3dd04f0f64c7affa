"""A TCP proxy that loses replies: the request arrives, the work is done, and the caller never hears of it.

It understands no more of HTTP/2 than a frame's head (RFC 9113, section 4.1): length, type, flags, stream.
"""

import asyncio
import contextlib
import random

PREFACE = len(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
HEAD = 9
HEADERS = 0x1
END_STREAM = 0x1


class ReplyLostError(Exception):
    """The connection is to be cut instead of passing the reply on."""


class LossyProxy:
    """Forwards to `target`; swallows a reply with `probability`, by cutting its connection. Seeded.

    `probability` may be changed at any time; it counts for replies that begin from then on.
    """

    def __init__(self, target: str, *, probability: float, seed: int) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self.probability = probability
        self._random = random.Random(seed)  # noqa: S311 - it must be repeatable
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.address = ""
        self.requests = 0
        self.replies = 0

    @property
    def replies_lost(self) -> int:
        """Requests that were forwarded and whose reply never got back. Exact when nothing is in flight."""
        return self.requests - self.replies

    async def start(self) -> None:
        """Listen on a free port of loopback; `address` says which."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Accept nothing more, and cut what is open."""
        if self._server:
            self._server.close()
        for connection in self._connections:
            connection.cancel()
        if self._connections:
            await asyncio.wait(self._connections)

    # Tasks of our own: asyncio's, of a coroutine, would tell of their end as an error when the loop is closed.
    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            onward, back = await asyncio.open_connection(*self._target)
        except OSError:
            writer.close()  # the service is down: the request never left
            return
        there = asyncio.create_task(self._requests(reader, back))
        here = asyncio.create_task(self._replies(onward, writer))
        try:
            await asyncio.wait({there, here}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (there, here):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, ReplyLostError, OSError, asyncio.IncompleteReadError):
                    await task
            for end in (writer, back):
                end.close()

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(PREFACE))
        while True:
            kind, _, _, frame = await _frame(reader)
            writer.write(frame)
            await writer.drain()
            self.requests += kind == HEADERS  # a call's request has one; gRPC sends no trailers that way

    async def _replies(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begun: set[bytes] = set()  # streams; a reply begins and ends with HEADERS, and only one of them decides
        while True:
            kind, flags, stream, frame = await _frame(reader)
            first = kind == HEADERS and stream not in begun
            begun |= {stream} if first else set()
            if first and self._random.random() < self.probability:
                raise ReplyLostError
            writer.write(frame)
            await writer.drain()
            self.replies += kind == HEADERS and bool(flags & END_STREAM)


async def _frame(reader: asyncio.StreamReader) -> tuple[int, int, bytes, bytes]:
    head = await reader.readexactly(HEAD)
    body = await reader.readexactly(int.from_bytes(head[:3]))
    return head[3], head[4], head[5:], head + body
