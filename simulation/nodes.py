"""The processes: each is a service as its own `main.assemble` puts it together, and may die and start again."""

from collections.abc import Awaitable, Callable
from typing import Any

import order_service.main
import payment_service.main
from payment_service.usecases.completer import Completer
from shared.rpc.server import Service
from simulation.loop import Life
from simulation.network import Method
from simulation.stage import Stage
from simulation.world import Event, context_of

ORDERS = "127.0.0.1:50051"  # where payment_service's settings have it
PAYMENTS = ("payments-1", "payments-2")
RESTART_S = 1.0


class Registry:
    """Stands for the gRPC server: keeps the methods that a service registers."""

    def __init__(self) -> None:
        self.methods: dict[str, Method] = {}

    def add_generic_rpc_handlers(self, _: Any) -> None:
        """The older way to say the same."""

    def add_registered_method_handlers(self, service: str, handlers: dict[str, Any]) -> None:
        """Each handler carries the servicer's method."""
        self.methods |= {f"/{service}/{name}": handler.unary_unary for name, handler in handlers.items()}


class Node:
    """One process."""

    def __init__(self, stage: Stage, name: str, address: str, url: str, assemble: Callable[..., Service]) -> None:
        self._stage = stage
        self._name = name
        self._address = address
        self._url = url
        self._assemble = assemble
        self._starts = 0
        self.life = Life(name)
        self.life.alive = False

    def start(self) -> None:
        """A fresh process on the same tables."""
        if self.life.alive:
            return
        self._starts += 1
        self.life = Life(self._name if self._starts == 1 else f"{self._name}'{self._starts}")
        context = context_of(self.life)
        service = context.run(self._assemble, self._url, lambda: None)
        registry = Registry()
        service.register(registry)  # type: ignore[arg-type]
        self._stage.network.listen(self._address, self.life, registry.methods)
        for part in service.background:
            if _is_simulated(part):
                self._stage.world.loop.create_task(part(), context=context)  # type: ignore[arg-type]

    def crash(self) -> None:
        """As by SIGKILL. Statements that were sent are lost; a COMMIT or a message that was sent may go on."""
        if not self.life.alive:
            return
        world, dead = self._stage.world, self.life
        dead.alive = False
        world.crashes += 1
        world.tell(f"{dead.name} DIES")
        world.bury(dead)
        self._stage.network.reset(dead)
        for transaction in self._stage.servers[self._url].under_way():
            if transaction.life is dead:
                world.add(Event(f"the server misses {transaction.name}", _rollback(transaction)))
        context_of(Life("operator")).run(world.loop.call_later, RESTART_S, self._comes_back)

    def _comes_back(self) -> None:
        if not self.life.alive:
            self._stage.world.tell(f"{self._name} starts again")
            self.start()


def nodes_of(stage: Stage) -> list[Node]:
    """order_service, and two payment_services on one database."""
    return [
        Node(stage, "orders", ORDERS, "orders", order_service.main.assemble),
        *(Node(stage, name, name, "payments", payment_service.main.assemble) for name in PAYMENTS),
    ]


def _rollback(transaction: Any) -> Callable[[], None]:
    return lambda: transaction.end(commit=False)


def _is_simulated(part: Callable[[], Awaitable[None]]) -> bool:
    """The completer. The sealer, which reads what nobody changes, is not."""
    return isinstance(getattr(part, "__self__", None), Completer)
