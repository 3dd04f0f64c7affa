"""Everything that a seed's faults can reach: the processes, a link between any two of them, the database, the disk."""

import asyncio
import contextlib
import signal
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from random import Random

from sqlalchemy.engine import make_url

from faults.ambush import Commits, Replies
from faults.clock import Clock
from faults.database import Postgres
from faults.disk import TABLESPACE, Disk
from faults.guests import Guests
from faults.link import Link
from faults.operator import Operator
from faults.planned import Fault, Plan
from faults.processes import Nursery, Service
from faults.standby import Replicated
from payonce.ports import free_port


class Stage:
    """For one seed. `close` leaves the server as it was."""

    def __init__(
        self, plan: Plan, postgres: Postgres, nursery: Nursery, disk: Disk | None, clock: Clock | None = None
    ) -> None:
        self.plan, self.shape, self.postgres = plan, plan.shape, postgres
        self._disk, self._clock, self._nursery = disk, clock if "clock_jump" in plan.mix else None, nursery
        self._random = Random(f"{plan.seed}/stage")
        self.began = 0.0  # when the clients came, by time.monotonic
        self.counts: Counter[str] = Counter()
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.links: dict[str, Link] = {}
        self.commits: dict[str, Commits] = {}
        self.replies: dict[str, Replies] = {}
        self.services: dict[str, list[Service]] = {"payment": [], "order": []}
        self.herd: Callable[[int], None] = lambda _: None  # the clients set it
        self.names = {kind: f"{kind}_{plan.seed}" for kind in ("orders", "payments")}
        small = {"tablespace": TABLESPACE} if disk and "disk_full" in plan.mix else {}
        self.urls = {kind: postgres.create(name, kind, **small) for kind, name in self.names.items()}
        plain = {kind: postgres.plain(name) for kind, name in self.names.items()}
        self.guests, self.operator = Guests(plain), Operator(plain)

    async def start(self) -> None:
        """All services listen, and every link leads somewhere."""
        if self._clock:
            await self.postgres.restart(self._clock.environment)
        orders = [f"127.0.0.1:{free_port(self._random)}" for _ in range(self.shape.orders)]
        payments = [f"127.0.0.1:{free_port(self._random)}" for _ in range(self.shape.payments)]
        for i, address in enumerate(orders):
            await self._link(f"clients-order-{i}", address)
            await self._link(f"order-{i}-database", self.postgres.socket)
            given = {"ORDER_LISTEN": address, "ORDER_DATABASE_URL": self._url("orders", f"order-{i}-database")}
            self._serve("order", address, given)
        for i, address in enumerate(payments):
            await self._link(f"clients-payment-{i}", address)
            await self._link(f"payment-{i}-database", self.postgres.socket)
            await self._link(f"payment-{i}-order", orders[i % len(orders)])
            given = {
                "PAYMENT_LISTEN": address,
                "PAYMENT_DATABASE_URL": self._url("payments", f"payment-{i}-database"),
                "PAYMENT_ORDER_SERVICE": self.links[f"payment-{i}-order"].address,
            }
            self._serve("payment", address, given)
        await self._all_up()

    async def heal(self) -> None:
        """No more faults: everything runs, and every link is whole."""
        await self._restore()
        for link in self.links.values():
            link.heal()
        for service in self._all():
            service.send(signal.SIGCONT)
            service.disarm()
        await self._all_up()

    def turn(self, exclusive: str) -> contextlib.AbstractAsyncContextManager[object]:
        """One at a time of those that must not meet; the others need not wait."""
        return self._turns[exclusive] if exclusive else contextlib.nullcontext()

    @property
    def injectable(self) -> list[Fault]:
        """What is planned, but for what this machine has no means for."""
        without = {"disk_full": not self._disk, "clock_jump": not self._clock}
        return [fault for fault in self.plan.faults if not without.get(fault.kind)]

    @property
    def disk(self) -> Disk:
        """The disk that can be full."""
        assert self._disk is not None  # noqa: S101 - else the fault would not have been planned
        return self._disk

    @property
    def clock(self) -> Clock:
        """The clock that jumps."""
        assert self._clock is not None  # noqa: S101 - else the fault would not have been planned
        return self._clock

    @property
    def replicated(self) -> Replicated:
        """The server, in a seed that has a standby."""
        assert isinstance(self.postgres, Replicated)  # noqa: S101 - else the fault would not have been planned
        return self.postgres

    @property
    def kills(self) -> int:
        """SIGKILLs of services that hit."""
        return sum(service.kills for service in self._all())

    @property
    def ambiguous_commits(self) -> int:
        """Commits that did happen and whose answer was cut off."""
        return sum(one.really for one in self.commits.values())

    @property
    def replies_lost(self) -> int:
        """Replies that broke with their connection."""
        return sum(one.lost for one in self.replies.values())

    @property
    def fired(self) -> Counter[str]:
        """Failpoints that a service died at."""
        return Counter(name for service in self._all() for name in service.fired)

    def ends(self) -> Counter[str]:
        """How processes ended, by themselves or not."""
        return sum((Counter(service.ends_by_name()) for service in self._all()), Counter())

    async def close(self) -> None:
        """End the services and the links, drop the databases."""
        await asyncio.gather(*(service.close() for service in self._all()))
        for link in self.links.values():
            link.close()
        await self._restore()
        for name in self.names.values():
            self.postgres.drop(name)
        if self._clock:
            await self.postgres.restart({})

    async def _restore(self) -> None:
        """PostgreSQL runs, has room, and is ours alone."""
        await self.operator.end()
        await self.guests.unlock()
        await self.guests.leave()
        if self._disk:
            self._disk.empty()
        if self._clock:
            self._clock.jump(0)
        if not self.postgres.running:
            await self.postgres.start()
        self.postgres.freeze(False)

    def _all(self) -> list[Service]:
        return [*self.services["order"], *self.services["payment"]]

    async def _all_up(self) -> None:
        await asyncio.gather(*(service.up() for service in self._all()))

    async def _link(self, name: str, target: str) -> None:
        link = self.links[name] = Link(name, target)
        if name in self.shape.database():
            self.commits[name] = Commits(Random(f"{self.plan.seed}/{name}"))
            link.ambushes.append(self.commits[name])
        elif name in self.shape.front():
            self.replies[name] = Replies(Random(f"{self.plan.seed}/{name}"))
            link.ambushes.append(self.replies[name])
        await link.start()

    def _serve(self, which: str, address: str, given: Mapping[str, str]) -> None:
        env = {**self.plan.settings, **given}
        service = Service(self._nursery, f"{which}_service", address, env)
        self.services[which].append(service)
        service.start()

    def _url(self, kind: str, link: str) -> str:
        host, _, port = self.links[link].address.rpartition(":")
        url = make_url(self.urls[kind]).set(host=host, port=int(port), query={})
        return url.render_as_string(hide_password=False)
