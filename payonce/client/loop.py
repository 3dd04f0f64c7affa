"""An event loop in a thread of its own, for callers who have none."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """Runs what any thread gives it. A daemon: one that was never closed does not hold up the interpreter's end."""

    def __init__(self, name: str) -> None:
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._end: asyncio.Event
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name=name, daemon=True)
        self._thread.start()
        self._ready.wait()

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        await self._end.wait()

    def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        """Its result, or its exception. It runs in the context (PEP 567) of who waits."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        finally:
            future.cancel()  # when it was Ctrl-C that ended the waiting; what is done can't be cancelled

    def close(self) -> None:
        """Cancel what runs, and wait for its end."""
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
