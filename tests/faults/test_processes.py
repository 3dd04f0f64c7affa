"""A service that ends is started again; how it ended is told apart."""

import asyncio
import signal
from pathlib import Path

import pytest

from faults.processes import Nursery, Service

LIMIT_S = 60.0  # whatever hangs is to be seen in a traceback


@pytest.mark.parametrize(("end", "fell"), [("1", [1]), ("0", [0]), ("", [])])
async def test_who_served_and_was_not_killed_fell(tmp_path: Path, end: str, fell: list[int]) -> None:
    nursery = Nursery(tmp_path / "log")
    await nursery.start()
    service = Service(nursery, "tests.faults.falling", "127.0.0.1:1", {"ADDRESS": "127.0.0.1:1", "END": end})
    service.start()
    try:
        async with asyncio.timeout(LIMIT_S):
            await service.up()
            first = service.child
            service.send(signal.SIGKILL) if not end else None
            await first.ended
            while service.child is first:  # until the next one is there
                await asyncio.sleep(0.01)
        assert service.fell[:1] == fell
        assert bool(service.kills) is not bool(end)
    finally:
        await service.close()
        await nursery.close()
