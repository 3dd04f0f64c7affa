"""What the storm goes over: two payment_services and an order_service, no proxy between any two."""

import asyncio
import contextlib
import signal
from collections import Counter
from collections.abc import Callable, Iterable
from random import Random
from typing import TypeVar

from faults.database import Postgres
from faults.patience import Patience
from faults.processes import Nursery, Service
from faults.run import HEALED_LIMIT_S, LOOK_S, OPTIONS, TURN_S
from payonce.ports import free_port
from tests.harness.audit import UNFINISHED
from tests.harness.money import seed
from tests.harness.stubs import Stubs

CUSTOMERS = [f"customer-{i}" for i in range(64)]
MERCHANTS = [f"merchant-{i}" for i in range(8)]
FORTUNE = 10**12
DATABASE = "database"
TARGETS = ("payment_service", "payment_service", "order_service", DATABASE)
T = TypeVar("T")


class Ground:
    """Its databases are the world's, and go with it."""

    def __init__(self, postgres: Postgres, nursery: Nursery, random: Random) -> None:
        self.postgres = postgres
        self.urls = {kind: postgres.create(f"{kind}_storm", kind) for kind in ("orders", "payments")}
        self._sent = self._crashes = 0
        self._random = random
        self._database = asyncio.Lock()  # while it crashes nobody reads, and the other way round
        order = f"127.0.0.1:{free_port(random)}"
        given = {"ORDER_DATABASE_URL": self.urls["orders"], "ORDER_LISTEN": order}
        self._services = {"order_service": [Service(nursery, "order_service", order, given)]}
        payments = [f"127.0.0.1:{free_port(random)}" for _ in range(2)]
        common = {"PAYMENT_DATABASE_URL": self.urls["payments"], "PAYMENT_ORDER_SERVICE": order}
        self._services["payment_service"] = [
            Service(nursery, "payment_service", address, {**common, "PAYMENT_LISTEN": address}) for address in payments
        ]
        self.addresses = [(order, address) for address in payments]

    @property
    def payments(self) -> str:
        """The URL of payment_service's database."""
        return self.urls["payments"]

    async def start(self) -> None:
        """All listen, and there are accounts with money."""
        for service in self._all():
            service.start()
        await self.up()
        async with Stubs(*self.addresses[0]) as stubs:
            for i, customer in enumerate(CUSTOMERS):
                await seed(stubs, customer, MERCHANTS[i % len(MERCHANTS)], FORTUNE)

    async def up(self) -> None:
        """All listen."""
        await asyncio.gather(*(service.up() for service in self._all()))

    def doors(self, stack: contextlib.AsyncExitStack, each: int) -> list[Stubs]:
        """So many channels to each payment_service; whatever is closed with `stack`."""
        made = [Stubs(*both, options=OPTIONS) for both in self.addresses for _ in range(each)]
        for stubs in made:
            stack.push_async_callback(stubs.close)
        return made

    async def kill(self) -> None:
        """One of them by SIGKILL, PostgreSQL with all its processes; it is started again at once."""
        target = self._random.choice(TARGETS)
        if target == DATABASE:
            async with self._database:
                await self.postgres.crash(signal.SIGKILL)
                await self.postgres.start()
            self._crashes += 1
        else:
            service = self._random.choice(self._services[target])
            await service.up()
            service.send(signal.SIGKILL)
            self._sent += 1

    def kills(self) -> Counter[str]:
        """What ended by SIGKILL, and how often."""
        ended = {name: sum(service.kills for service in services) for name, services in self._services.items()}
        return Counter({**ended, DATABASE: self._crashes})

    def fell(self) -> list[str]:
        """What ended that nobody had killed, and had served; who can't start while its database does tries again."""
        found = [f"{service.module}, exit status {status}" for service in self._all() for status in service.fell]
        if (more := sum(service.kills for service in self._all()) - self._sent) > 0:
            found.append(f"{more} by somebody else's SIGKILL")
        return found

    async def read(self, books: Callable[[], Iterable[T]]) -> list[T]:
        """What somebody finds in the databases."""
        async with self._database:
            return await asyncio.to_thread(lambda: list(books()))

    async def calm(self) -> int:
        """Wait until nothing is unfinished; how much still was when the time was over."""
        patience = Patience(HEALED_LIMIT_S, turn_s=TURN_S)
        while (left := (await self.read(self._unfinished))[0]) and not patience.over():
            await asyncio.sleep(LOOK_S)
        return left

    async def close(self) -> None:
        """SIGKILL for all services."""
        await asyncio.gather(*(service.close() for service in self._all()))

    def _unfinished(self) -> list[int]:
        return [int(self.postgres.execute("payments_storm", UNFINISHED)[0][0])]

    def _all(self) -> list[Service]:
        return [*self._services["order_service"], *self._services["payment_service"]]
