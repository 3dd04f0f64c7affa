"""What the storm goes over: two payment_services and an order_service, no proxy between any two."""

import asyncio
import contextlib
import signal
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import TypeVar

from faults.patience import Patience
from faults.processes import Service
from faults.run import HEALED_LIMIT_S, LOOK_S, OPTIONS, TURN_S, World
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
    """`counts` has how often each was killed."""

    def __init__(self, world: World, random: Random) -> None:
        self.postgres = world.postgres
        self.urls = {kind: world.postgres.create(f"{kind}_storm", kind) for kind in ("orders", "payments")}
        self.counts: Counter[str] = Counter()
        self._random = random
        self._database = asyncio.Lock()  # while it crashes nobody reads, and the other way round
        order = f"127.0.0.1:{free_port(random)}"
        given = {"ORDER_DATABASE_URL": self.urls["orders"], "ORDER_LISTEN": order}
        self._services = {"order_service": [Service(world.nursery, "order_service", order, given)]}
        payments = [f"127.0.0.1:{free_port(random)}" for _ in range(2)]
        common = {"PAYMENT_DATABASE_URL": self.urls["payments"], "PAYMENT_ORDER_SERVICE": order}
        self._services["payment_service"] = [
            Service(world.nursery, "payment_service", address, {**common, "PAYMENT_LISTEN": address})
            for address in payments
        ]
        self.addresses = [(order, address) for address in payments]

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
        else:
            service = self._random.choice(self._services[target])
            await service.up()
            service.send(signal.SIGKILL)
        self.counts[target] += 1

    async def read(self, books: Callable[[], T]) -> T:
        """What somebody finds in the databases."""
        async with self._database:
            return await asyncio.to_thread(books)

    def deaths(self) -> list[str]:
        """How processes ended that nobody killed; one that can't start while its database does exits with 1."""
        ends: Counter[str] = sum((Counter(service.ends_by_name()) for service in self._all()), Counter())
        return [f"{how}: {times}" for how, times in ends.items() if not how.endswith((" SIGKILL", " exit 1"))]

    async def calm(self) -> int:
        """Wait until nothing is unfinished; how much still was when the time was over."""
        patience = Patience(HEALED_LIMIT_S, turn_s=TURN_S)
        while (left := await self.read(self._unfinished)) and not patience.over():
            await asyncio.sleep(LOOK_S)
        return left

    async def close(self) -> None:
        """SIGKILL for all; the databases are dropped."""
        await asyncio.gather(*(service.close() for service in self._all()))
        if not self.postgres.running:
            await self.postgres.start()
        for kind in self.urls:
            self.postgres.drop(f"{kind}_storm")

    def _unfinished(self) -> int:
        return int(self.postgres.execute("payments_storm", UNFINISHED)[0][0])

    def _all(self) -> list[Service]:
        return [*self._services["order_service"], *self._services["payment_service"]]
