"""Calls between processes. A message is an event: it may be lost, late, doubled, or arrive after everything else."""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import grpc

from shared.callers import DEVELOPER
from shared.database import ContendedError
from shared.errors import PayonceError, Reason, contended
from shared.rpc.access import set_caller
from shared.rpc.errors import STATUS_OF
from simulation.loop import Life
from simulation.world import Event, World, context_of

Code = grpc.StatusCode
LATE_S = 8.0
REQUEST_LOST, REPLY_LOST, DUPLICATED, LATE, LAST = range(1, 6)
Method = Callable[[Any, Any], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a caller gets. Without a message there is an error, or silence: DEADLINE_EXCEEDED."""

    code: grpc.StatusCode
    message: Any = None
    reason: Reason | None = None
    replayed: bool = False


class Context:
    """As much of gRPC's context as the servicers use."""

    def __init__(self, world: World, deadline: float) -> None:
        self._world = world
        self._deadline = deadline
        self.replayed = False

    def time_remaining(self) -> float:
        """Seconds that the caller still waits."""
        return max(0.0, self._deadline - self._world.now())

    def set_trailing_metadata(self, metadata: tuple[tuple[str, str], ...]) -> None:
        """`idempotent-replayed` is all that is ever set."""
        self.replayed = ("idempotent-replayed", "true") in metadata


class Network:
    """Who listens where, and what is on its way."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._listening: dict[str, tuple[Life, dict[str, Method]]] = {}
        self._handling: dict[Life, list[_Call]] = {}
        self._last: list[Event] = []
        self.late = 0

    def listen(self, address: str, life: Life, methods: dict[str, Method]) -> None:
        """From now on calls to the address reach these methods."""
        self._listening[address] = (life, methods)
        self._handling[life] = []

    def reset(self, dead: Life) -> None:
        """The connections of one who died break: who waits for an answer learns it."""
        for broken in self._handling.pop(dead, []):
            lost = functools.partial(broken.give, Answer(Code.UNAVAILABLE))
            self._world.add(Event(f"connection to {dead.name} is reset", lost))

    def release_last(self) -> bool:
        """Deliver what was held back until after everything else; False when there is nothing."""
        held, self._last = self._last, []
        self._world.events += held
        return bool(held)

    async def call(self, address: str, path: str, request: Any, *, timeout_s: float) -> Answer:
        """One request; the answer, whatever it is."""
        world, rates = self._world, self._world.rates
        fates = (rates.request_lost, rates.reply_lost, rates.duplicated, rates.late, rates.last)
        fate = world.chance.one_of("network", fates)
        call = _Call(address, path, request, world.now() + timeout_s, world.loop.create_future(), fate == REPLY_LOST)
        self._send(Event(f"{call.method} reaches {address}", functools.partial(self._deliver, call)), fate)
        try:
            async with asyncio.timeout(timeout_s):
                return await asyncio.shield(call.answer)
        except TimeoutError:
            for task in call.running:
                task.cancel()  # as gRPC does with the handler of a call whose caller is gone
            return Answer(Code.DEADLINE_EXCEEDED)

    def _send(self, message: Event, fate: int) -> None:
        world = self._world
        if fate == REQUEST_LOST:
            world.tell(f"{message.label}: lost")
        elif fate == DUPLICATED:
            world.events += [message, Event(f"{message.label} again", message.happen)]
        elif fate == LATE:
            self.late += 1
            delay_s = LATE_S * (world.chance.pick("late", 64) + 1) / 64
            context_of(Life("network")).run(world.loop.call_later, delay_s, self._arrive, message)
        elif fate == LAST:
            self._last.append(Event(f"{message.label}, after everything else", message.happen))
        else:
            world.add(message)

    def _arrive(self, message: Event) -> None:
        self.late -= 1
        self._world.add(message)

    def _deliver(self, call: "_Call") -> None:
        life, methods = self._listening[call.address]
        if not life.alive:
            call.give(Answer(Code.UNAVAILABLE))
            return
        context = Context(self._world, call.deadline)

        async def handle() -> None:
            try:
                given = await self._answer(methods[call.path], call.request, context)
            finally:
                if call in (handling := self._handling.get(life, [])):
                    handling.remove(call)
            if not call.reply_lost:
                label = f"answer of {life.name} to {call.method}: {given.reason or given.code.name}"
                self._world.add(Event(label, functools.partial(call.give, given), life))

        self._handling[life].append(call)
        call.running.append(self._world.loop.create_task(handle(), context=context_of(life)))

    async def _answer(self, method: Method, request: Any, context: Context) -> Answer:
        set_caller(DEVELOPER)  # as the registrar does, which stands before the methods elsewhere
        try:
            message = await method(request, context)
        except (PayonceError, ContendedError) as error:
            refused = error if isinstance(error, PayonceError) else contended()
            return Answer(STATUS_OF[refused.reason], reason=refused.reason)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            self._world.trouble.append(f"unforeseen: {error!r}")
            return Answer(Code.INTERNAL, reason=Reason.INTERNAL)
        return Answer(Code.OK, message, replayed=context.replayed)


@dataclass(slots=True, eq=False)
class _Call:
    """One request on its way, perhaps more than once."""

    address: str
    path: str
    request: Any
    deadline: float
    answer: "asyncio.Future[Answer]"
    reply_lost: bool
    running: "list[asyncio.Task[None]]" = field(default_factory=list)

    @property
    def method(self) -> str:
        return self.path.rpartition("/")[2]

    def give(self, given: Answer) -> None:
        if not self.answer.done():
            self.answer.set_result(given)


class Channel:
    """Stands for the gRPC channel of a client: the generated stub works on it as it is."""

    def __init__(self, network: Network, address: str, timeout_s: float) -> None:
        self._network = network
        self._address = address
        self._timeout_s = timeout_s

    def unary_unary(self, path: str, **_: Any) -> Callable[[Any], Awaitable[Any]]:
        """A method of a stub."""

        async def call(request: Any) -> Any:
            answer = await self._network.call(self._address, path, request, timeout_s=self._timeout_s)
            if answer.code == Code.OK:
                return answer.message
            raise grpc.aio.AioRpcError(answer.code, grpc.aio.Metadata(), grpc.aio.Metadata(), str(answer.reason))

        return call

    async def close(self) -> None:
        """Nothing is open."""
