"""Where a run takes place: the world, both databases, the processes and the network between them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulation.schema import order_tables, payment_tables
from simulation.tables import Server, Table
from simulation.world import World

if TYPE_CHECKING:
    from simulation.network import Network


@dataclass(slots=True)
class Stage:
    """What the replaced parts of the services find by `here()`."""

    world: World
    network: "Network"
    authorization_ttl_s: float
    servers: dict[str, Server] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.servers = {
            "orders": Server(self.world, order_tables()),
            "payments": Server(self.world, payment_tables()),
        }

    def table(self, name: str) -> Table:
        """A table of either database."""
        server = self.servers["orders" if name == "orders" else "payments"]
        return server.tables[name]

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Its committed rows."""
        return self.table(name).committed()


_now: list[Stage] = []


def here() -> Stage:
    """The stage of the run that is under way."""
    return _now[-1]


@contextmanager
def set_up(stage: Stage) -> Iterator[Stage]:
    """Make it the one that is found by `here()`."""
    _now.append(stage)
    try:
        yield stage
    finally:
        _now.pop()
