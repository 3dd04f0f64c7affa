"""A TCP proxy on one link between two processes: where the network's faults happen."""

import asyncio
from collections import deque
from collections.abc import Callable
from enum import Enum
from random import Random
from typing import Any, Protocol, cast

HIGH_WATER = 1 << 20


class Way(Enum):
    """Which way bytes go: THERE is from whoever connected, BACK is the answer."""

    THERE = "there"
    BACK = "back"


BOTH = frozenset(Way)


class Ambush(Protocol):
    """Sees every piece on every connection of a link, and may swallow it; it strikes with `probability`."""

    probability: float

    def passes(self, passage: "Passage", way: Way, data: bytes) -> bool:
        """Whether the piece goes on."""


class Link:
    """Listens on a free port of loopback and forwards to `target`: host:port, or the path of a Unix socket."""

    def __init__(self, name: str, target: str) -> None:
        self.name, self.target = name, target
        self.address = ""
        self.refusing = False
        self.held: set[Way] = set()
        self.pace: tuple[Random, float] | None = None  # each piece waits up to so many seconds
        self.ambushes: list[Ambush] = []
        self.passages: set[Passage] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.get_running_loop().create_server(lambda: Passage(self).near, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def cut(self) -> None:
        """Break every connection that there is."""
        for passage in list(self.passages):
            passage.cut()

    def deafen(self, ways: frozenset[Way]) -> None:
        """What is sent on the connections there are vanishes, and their end too; new ones are well."""
        for passage in self.passages:
            passage.deaf |= ways

    def undeafen(self) -> None:
        """Break the dead connections, as keepalive does in the end."""
        for passage in list(self.passages):
            if passage.deaf:
                passage.cut()

    def hold(self, ways: frozenset[Way]) -> None:
        """What is sent waits, as TCP has it when a network is parted; `release` lets it go."""
        self.held |= ways

    def release(self) -> None:
        """Let go what was held."""
        self.held.clear()
        for passage in list(self.passages):
            passage.flow()

    def heal(self) -> None:
        """As it was at first."""
        self.refusing, self.pace = False, None
        for ambush in self.ambushes:
            ambush.probability = 0.0
        self.release()
        self.undeafen()

    def close(self) -> None:
        """Accept nothing more, break everything."""
        if self._server:
            self._server.close()
        self.cut()


class Passage:
    """One connection through a link."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.deaf: frozenset[Way] = frozenset()
        self.notes: dict[str, Any] = {}  # an ambush's own
        self.near, self.far = _End(self, Way.THERE), _End(self, Way.BACK)
        self._waiting: dict[Way, deque[bytes | None]] = {way: deque() for way in Way}  # None is the end
        self._timers: set[Way] = set()
        self._connecting: asyncio.Task[None] | None = None
        self._connected = False  # until then everything waits

    def begin(self) -> None:
        """Somebody connected."""
        if self.link.refusing:
            self.near.abort()
            return
        self.link.passages.add(self)
        self.near.pause(True)
        self._connecting = asyncio.create_task(self._connect())

    def take(self, way: Way, data: bytes | None) -> None:
        """A piece arrived, or the end of that way."""
        if way in self.deaf:
            return
        if data is not None and not all(ambush.passes(self, way, data) for ambush in list(self.link.ambushes)):
            return
        self._waiting[way].append(data)
        self._flow(way)

    def flow(self) -> None:
        """Go on with what waits."""
        for way in Way:
            self._flow(way)

    def cut(self) -> None:
        """Break both ends, at once."""
        self.link.passages.discard(self)
        self.near.abort()
        self.far.abort()

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        make: Callable[[], _End] = lambda: self.far  # noqa: E731
        try:
            if self.link.target.startswith("/"):
                await loop.create_unix_connection(make, self.link.target)
            else:
                host, _, port = self.link.target.rpartition(":")
                await loop.create_connection(make, host, int(port))
        except OSError:
            self.cut()
        else:
            self._connected = True
            self.near.pause(False)
            self.flow()

    def _flow(self, way: Way) -> None:
        waiting = self._waiting[way]
        while waiting and self._connected and way not in self.link.held and way not in self._timers:
            if self.link.pace is not None:
                random, slowest_s = self.link.pace
                self._timers.add(way)
                asyncio.get_running_loop().call_later(random.uniform(0, slowest_s), self._next, way)
                return
            self._deliver(way, waiting.popleft())

    def _next(self, way: Way) -> None:
        self._timers.discard(way)
        if self._waiting[way] and way not in self.link.held:
            self._deliver(way, self._waiting[way].popleft())
        self._flow(way)

    def _deliver(self, way: Way, data: bytes | None) -> None:
        to = self.far if way is Way.THERE else self.near
        if data is None:
            to.finish()
            if not self.near.open and not self.far.open:
                self.link.passages.discard(self)
        else:
            to.write(data)


class _End(asyncio.Protocol):
    """One of the two sockets. `way` is where what it reads goes."""

    def __init__(self, passage: Passage, way: Way) -> None:
        self._passage, self._way = passage, way
        self._transport: asyncio.Transport | None = None
        self.open = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one, but for its ancestry
        self._transport.set_write_buffer_limits(high=HIGH_WATER)
        if not self.open:
            self._transport.abort()  # it was cut while it connected
        elif self._way is Way.THERE:
            self._passage.begin()

    def data_received(self, data: bytes) -> None:
        self._passage.take(self._way, data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.open = False
        self._passage.take(self._way, None)

    def pause_writing(self) -> None:
        self._other.pause(True)

    def resume_writing(self) -> None:
        self._other.pause(False)

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def finish(self) -> None:
        """Close when everything is written."""
        self.open = False
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        self.open = False
        if self._transport is not None:
            self._transport.abort()

    def pause(self, on: bool) -> None:
        """Read nothing more, or go on."""
        if self._transport is None or self._transport.is_closing():
            return
        if on:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    @property
    def _other(self) -> "_End":
        return self._passage.far if self._way is Way.THERE else self._passage.near
