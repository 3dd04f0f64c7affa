"""Two payment_services and an order_service, as `python -m` starts them, with no proxy between any two."""

import asyncio
import signal
import time
from random import Random

from faults.standby import Replicated
from payonce.ports import free_port
from tests.harness.audit import UNFINISHED
from tests.harness.money import seed
from tests.harness.services import Running
from tests.harness.stubs import Stubs

CUSTOMERS = [f"customer-{i}" for i in range(8)]
MERCHANT, FORTUNE = "shop", 10**12
PAYMENTS = 2
LIMIT_S, LOOK_S = 60.0, 0.02
OWN = {"PAYMENT_ORDER_TIMEOUT_S": "2"}  # the service's default; the tests' harness has another


class Fleet:
    """Processes by name: `order_service`, `payment_service-0`, `payment_service-1`."""

    def __init__(self, postgres: Replicated, name: str) -> None:
        self.postgres = postgres
        self._names = {kind: f"{kind}_{name}" for kind in ("orders", "payments")}
        self.urls = {kind: postgres.create(database, kind) for kind, database in self._names.items()}
        random = Random()
        self.order = f"127.0.0.1:{free_port(random)}"
        self.payments = [f"127.0.0.1:{free_port(random)}" for _ in range(PAYMENTS)]
        self._running: dict[str, Running] = {}
        self._all: list[Running] = []

    async def start(self) -> None:
        """All listen, and there are accounts with money."""
        for name in ("order_service", *(f"payment_service-{i}" for i in range(PAYMENTS))):
            await self.begin(name)
        async with Stubs(self.order, self.payments[0]) as stubs:
            for customer in CUSTOMERS:
                await seed(stubs, customer, MERCHANT, FORTUNE)

    async def begin(self, name: str) -> float:
        """Start it, and wait until it listens; the moment when its process was asked for."""
        module, _, number = name.partition("-")
        begun = time.monotonic()
        running = await Running.launch(module, self._environment(module, int(number or 0)))
        self._running[name] = running
        self._all.append(running)
        await running.listening()
        return begun

    async def kill(self, name: str) -> None:
        """SIGKILL."""
        await self._running[name].kill()

    def send(self, name: str, number: signal.Signals) -> None:
        """Any other signal."""
        self._running[name].process.send_signal(number)

    async def terminate(self, name: str) -> int:
        """SIGTERM; its exit status."""
        self.send(name, signal.SIGTERM)
        return await self._running[name].wait()

    def unfinished(self) -> int:
        """How many payments and corrections are unfinished at this moment."""
        return int(self.postgres.execute(self._names["payments"], UNFINISHED)[0][0])

    async def calm(self, for_s: float = 0.0) -> float:
        """Wait until nothing is unfinished, and has not been for a while; when that began, by time.monotonic."""
        until = time.monotonic() + LIMIT_S
        since = time.monotonic()
        while True:
            if left := await asyncio.to_thread(self.unfinished):
                since = time.monotonic()
            elif time.monotonic() - since >= for_s:
                return since
            if time.monotonic() > until:
                raise TimeoutError(f"I16: {left} are unfinished after {LIMIT_S:g} s")
            await asyncio.sleep(LOOK_S)

    async def close(self) -> None:
        """SIGKILL for all; the databases are dropped."""
        await asyncio.gather(*(running.forget() for running in self._all))
        for name in self._names.values():
            self.postgres.drop(name)

    def _environment(self, module: str, number: int) -> dict[str, str]:
        if module == "order_service":
            return {"ORDER_DATABASE_URL": self.urls["orders"], "ORDER_LISTEN": self.order}
        given = {"PAYMENT_LISTEN": self.payments[number], "PAYMENT_ORDER_SERVICE": self.order}
        return {"PAYMENT_DATABASE_URL": self.urls["payments"], **given, **OWN}
