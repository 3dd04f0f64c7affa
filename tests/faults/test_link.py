"""A link between two ends: what it lets through, and when."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from random import Random

import pytest

from faults.ambush import Commits, Replies
from faults.link import BOTH, Link, Passage, Way

COMMIT = b"Q\0\0\0\x0bCOMMIT\0"
COMMITTED = b"C\0\0\0\x0bCOMMIT\0Z\0\0\0\x05I"
INSERTED = b"C\0\0\0\x0fINSERT 0 1\0Z\0\0\0\x05T"
Ends = tuple[Link, asyncio.StreamReader, asyncio.StreamWriter, asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.asynccontextmanager
async def ends(*ambushes: Commits | Replies) -> AsyncIterator[Ends]:
    """A link, who connects to it, and who answers."""
    arrived: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await arrived.put((reader, writer))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    link = Link("link", f"{host}:{port}")
    link.ambushes += ambushes
    await link.start()
    reader, writer = await asyncio.open_connection(*link.address.split(":"))
    far_reader, far_writer = await arrived.get()
    try:
        async with asyncio.timeout(10):
            yield link, reader, writer, far_reader, far_writer
    finally:
        link.close()
        far_writer.close()
        writer.close()
        server.close()


async def nothing(reader: asyncio.StreamReader) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.05)


async def test_what_comes_before_the_link_is_connected_is_kept() -> None:
    arrived: asyncio.Queue[bytes] = asyncio.Queue()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await arrived.put(await reader.read(5))
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    passage = Passage(Link("link", "{}:{}".format(*server.sockets[0].getsockname())))
    passage.take(Way.THERE, b"early")  # uvloop reads before it can be told not to
    passage.begin()
    assert await asyncio.wait_for(arrived.get(), 5) == b"early"
    passage.cut()
    server.close()


async def test_what_is_held_arrives_afterwards_in_order() -> None:
    async with ends() as (link, reader, writer, far_reader, far_writer):
        link.hold(frozenset({Way.THERE}))
        writer.write(b"one")
        await nothing(far_reader)
        far_writer.write(b"back")
        assert await reader.readexactly(4) == b"back"
        writer.write(b"two")
        writer.write_eof()
        link.release()
        assert await far_reader.read(-1) == b"onetwo"


async def test_what_is_sent_late_arrives_though_its_sender_is_gone() -> None:
    async with ends() as (link, _, writer, far_reader, _far_writer):
        link.hold(BOTH)
        writer.write(b"late")
        await writer.drain()
        await nothing(far_reader)
        writer.transport.abort()
        await nothing(far_reader)
        link.release()
        assert await far_reader.readexactly(4) == b"late"


async def test_a_half_open_connection_says_nothing_of_its_end() -> None:
    async with ends() as (link, _, writer, far_reader, _far_writer):
        link.deafen(frozenset({Way.THERE}))
        writer.write(b"lost")
        writer.transport.abort()
        await nothing(far_reader)
        link.undeafen()
        assert await far_reader.read(-1) == b""


async def test_a_cut_breaks_both_ends_and_refusing_lets_nobody_in() -> None:
    async with ends() as (link, reader, _, far_reader, _far_writer):
        link.refusing = True
        link.cut()
        for end in (reader, far_reader):
            with contextlib.suppress(ConnectionResetError):
                assert await end.read(-1) == b""
        again, _writer = await asyncio.open_connection(*link.address.split(":"))
        with contextlib.suppress(ConnectionResetError):
            assert await again.read(-1) == b""
        assert not link.passages


@pytest.mark.parametrize("seed", range(6))
async def test_an_ambiguous_commit_is_one_that_happened_and_was_not_told(seed: int) -> None:
    """Cut at once or at the answer (the seeds do both), the server has it, the client hears of nothing."""
    commits = Commits(Random(seed))
    async with ends(commits) as (_, reader, writer, far_reader, far_writer):
        far_writer.write(INSERTED)
        assert await reader.readexactly(len(INSERTED)) == INSERTED
        commits.probability = 1.0
        writer.write(COMMIT)
        assert await far_reader.readexactly(len(COMMIT)) == COMMIT
        far_writer.write(COMMITTED)
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read(-1) == b""
        with contextlib.suppress(ConnectionResetError):
            assert await far_reader.read(-1) == b""
    assert commits.really == 1


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_else_answers_a_commit_in_an_ambush_is_not_told_either(seed: int) -> None:
    commits = Commits(Random(seed))
    commits.probability = 1.0
    async with ends(commits) as (_, reader, writer, far_reader, far_writer):
        writer.write(COMMIT)
        assert await far_reader.readexactly(len(COMMIT)) == COMMIT
        far_writer.write(b"C\0\0\0\x0dROLLBACK\0")
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            assert await asyncio.wait_for(reader.read(1), 0.05) == b""
    assert commits.really == 0


async def test_a_commit_of_nothing_does_not_count_and_one_without_an_ambush_passes() -> None:
    commits = Commits(Random(1))
    async with ends(commits) as (_, reader, writer, far_reader, far_writer):
        for told in (INSERTED, COMMITTED):
            writer.write(COMMIT)
            assert await far_reader.readexactly(len(COMMIT)) == COMMIT
            far_writer.write(told)
            assert await reader.readexactly(len(told)) == told
        commits.probability = 1.0
        writer.write(COMMIT)
        assert await far_reader.readexactly(len(COMMIT)) == COMMIT
        far_writer.write(COMMITTED)
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read(-1) == b""
    assert commits.really == 0


def test_what_lies_in_wait_for_one_fault_does_so_until_the_last_of_them_ends() -> None:
    commits = Commits(Random(1))
    commits.begin(0.9)
    commits.begin(0.1)
    assert commits.probability == 0.9
    commits.end(0.9)
    assert commits.probability == 0.1
    commits.end(0.1)
    assert not commits.probability
