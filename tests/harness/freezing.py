"""A database server that goes silent, by a TCP proxy in front of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from sqlalchemy.engine import make_url


class FreezingProxy:
    """A TCP proxy that falls silent without a word: a machine that lost its power, a network that drops everything."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self.url = ""  # the same database, through the proxy
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self._thawed = asyncio.Event()  # as the connections accepted from now on see it
        self._thawed.set()
        self._silences: list[asyncio.Event] = []

    def freeze_replies(self) -> None:
        """What the server says on the connections there are is lost; new ones are well."""
        for silence in self._silences:
            silence.set()
        self._silences.clear()

    def freeze(self) -> None:
        """The same, and on new connections nobody is at home."""
        self.freeze_replies()
        self._thawed.clear()

    def thaw(self) -> None:
        """New connections are well again."""
        self._thawed.set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = self._url.set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)

    def close(self) -> None:
        assert self._server
        self._server.close()
        for writer in self._writers:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        if not self._thawed.is_set():
            return  # accepted, as the kernel of a stopped process does; never answered
        silence = asyncio.Event()
        self._silences.append(silence)
        onward, back = await asyncio.open_unix_connection(f"{self._url.query['host']}/.s.PGSQL.5432")
        self._writers.append(back)
        await asyncio.gather(pump(reader, back, asyncio.Event()), pump(onward, writer, silence))


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, silence: asyncio.Event) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            if not silence.is_set():
                writer.write(data)
        if not silence.is_set():
            writer.close()


@contextlib.asynccontextmanager
async def freezing(url: str) -> AsyncIterator[FreezingProxy]:
    """A proxy in front of the database of `url`, which is reached through a Unix socket."""
    proxy = FreezingProxy(url)
    await proxy.start()
    try:
        yield proxy
    finally:
        proxy.close()
