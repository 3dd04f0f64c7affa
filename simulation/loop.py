"""An event loop whose time stands still until it is told to move, and that does no I/O.

asyncio's own tasks, futures, locks, sleeps and timeouts work on it as they are. Callbacks run in the order in which
they were scheduled, as asyncio promises; what is chosen at random is which event of the world comes next, and the world
does that.
"""

import asyncio
import contextvars
import heapq
import inspect
import itertools
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Life:
    """Something that runs code and may die: nothing of what it had scheduled runs after that."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive = True


# Whose code is running. Tasks and callbacks inherit it, as they do every context variable.
LIFE: contextvars.ContextVar[Life | None] = contextvars.ContextVar("LIFE", default=None)


class Handle:
    """A callback that is to run, soon or at a time."""

    __slots__ = ("args", "callback", "context", "when")

    def __init__(
        self, callback: Callable[..., object], args: tuple[Any, ...], context: contextvars.Context | None, when: float
    ) -> None:
        self.callback: Callable[..., object] | None = callback
        self.args = args
        self.context = context or contextvars.copy_context()
        self.when = when

    def cancel(self) -> None:
        """Not to run any more."""
        self.callback = None

    def cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self.callback is None


class Loop(asyncio.AbstractEventLoop):
    """The part of an event loop that code without sockets needs."""

    def __init__(self) -> None:
        self._now = 0.0
        self._ready: deque[Handle] = deque()
        self._timers: list[tuple[float, int, Handle]] = []
        self._numbers = itertools.count()
        self._tasks: list[asyncio.Task[Any]] = []
        self.trouble: list[str] = []

    # What asyncio asks for.

    def time(self) -> float:
        return self._now

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override]
        self,
        coro: Coroutine[Any, Any, T],
        *,
        name: str | None = None,
        context: contextvars.Context | None = None,
    ) -> asyncio.Task[T]:
        task = asyncio.Task(coro, loop=self, name=name or "", context=context)
        self._tasks.append(task)
        return task

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> Handle:
        handle = Handle(callback, args, context, 0.0)
        self._ready.append(handle)
        return handle

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> Handle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> Handle:
        handle = Handle(callback, args, context, when)
        heapq.heappush(self._timers, (when, next(self._numbers), handle))
        return handle

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """An exception that nobody took, or a callback that raised: the run reports it."""
        if isinstance(context.get("exception"), Exception):
            self.trouble.append(f"{context.get('message')}: {context['exception']!r}")

    # What the world asks for.

    def settle(self) -> None:
        """Run everything that can run without another event or a later time."""
        ready = self._ready
        while ready:
            handle = ready.popleft()
            if handle.callback is None:
                continue
            life = handle.context.get(LIFE)
            if life is None or life.alive:
                handle.context.run(handle.callback, *handle.args)

    def pass_time(self, seconds: float) -> None:
        """Let so much time go by; what falls due is ready then."""
        self._now += seconds
        while self._timers and self._timers[0][0] <= self._now:
            self._ready.append(heapq.heappop(self._timers)[2])

    def leap(self) -> bool:
        """Go to the next moment at which something falls due; False when there is none."""
        while self._timers:
            when, _, handle = self._timers[0]
            life = handle.context.get(LIFE)
            if handle.callback is None or not (life is None or life.alive):
                heapq.heappop(self._timers)
                continue
            self.pass_time(max(0.0, when - self._now))
            return True
        return False

    def run(self, work: Callable[[], T]) -> T:
        """Run `work` with this loop as the running one; forget unfinished tasks afterwards."""
        asyncio._set_running_loop(self)  # noqa: SLF001 - made for event loops
        try:
            return work()
        finally:
            for task in self._tasks:
                if not task.done():  # it died with its process, and that is no mistake
                    task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001
                    coroutine = task.get_coro()
                    if inspect.iscoroutine(coroutine) and inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED:
                        coroutine.close()
            asyncio._set_running_loop(None)  # noqa: SLF001
