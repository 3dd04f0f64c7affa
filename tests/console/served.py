"""A console over a pair of services, and visitors of it."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from payonce.console.main import console
from payonce.console.settings import ConsoleSettings
from tests.console.visitor import Visitor
from tests.harness.services import Services
from tests.harness.stubs import Stubs

PATIENCE_S = 60.0


@dataclass(frozen=True)
class Stage:
    """The harness's services, as Try it wants them."""

    running: Services
    order_address: str
    payment_address: str

    async def crash_payment(self) -> None:
        await self.running.restart_payment()


@dataclass(frozen=True)
class Served:
    """The console's URL; the services behind it."""

    url: str
    running: Services

    @contextlib.asynccontextmanager
    async def visitor(self, **given: Any) -> AsyncIterator[Visitor]:
        async with httpx.AsyncClient(base_url=self.url, timeout=PATIENCE_S, trust_env=False, **given) as http:
            yield Visitor(http)

    def stubs(self) -> Stubs:
        return Stubs(self.running.order.address, self.running.payments[0].address)


@contextlib.asynccontextmanager
async def served(
    running: Services, *, environ: Mapping[str, str] | None = None, try_it: bool = False, **settings: Any
) -> AsyncIterator[Served]:
    order_address, payment_address = running.order.address, running.payments[0].address
    where = {"PAYONCE_ORDER_ADDRESS": order_address, "PAYONCE_PAYMENT_ADDRESS": payment_address}
    chosen = ConsoleSettings(**{"listen": "127.0.0.1:0", **settings})
    stage = Stage(running, order_address, payment_address) if try_it else None
    async with console({**where, **(environ or {})}, chosen, stage) as url:
        yield Served(url, running)
