"""The proxy that loses replies, by itself."""

import asyncio

from payonce.proxy import LossyProxy


async def test_what_is_open_ends_with_the_proxy() -> None:
    reached = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        await reader.read()
        writer.close()

    target = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = target.sockets[0].getsockname()[1]
    proxy = LossyProxy(f"127.0.0.1:{port}", probability=0.0, seed=1)
    await proxy.start()
    host, _, listening = proxy.address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(listening))
    await reached.wait()
    await proxy.close()
    async with asyncio.timeout(30):
        assert await reader.read() == b""
    writer.close()
    target.close()
