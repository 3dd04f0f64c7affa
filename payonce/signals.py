"""Ctrl-C, SIGTERM and a terminal that closes: all mean that the work ends, and clears up."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def until_signal(work: Coroutine[Any, Any, T]) -> T | None:
    """The work's result; None when a signal ended it. The first signal cancels it; clearing up is not interrupted."""
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    for number in STOP:
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup means it
            loop.add_signal_handler(number, told.set)
    working = asyncio.create_task(work)
    waiting = asyncio.create_task(told.wait())
    await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not working.done():
        working.cancel()
        await asyncio.wait({working})
    return None if working.cancelled() else working.result()
