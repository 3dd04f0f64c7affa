"""One seed: faults with load, then healed, then everything that anybody was told is held to the books."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from audit.verify import finding_of, verify
from faults import books, judge, parked
from faults.baseline import baseline
from faults.checks.base import Violation
from faults.clients import Clients
from faults.clock import Clock
from faults.database import Postgres
from faults.disk import Disk
from faults.history import Call
from faults.kinds import KINDS
from faults.patience import Patience
from faults.planned import Fault, Plan
from faults.processes import Nursery
from faults.shop import open_shop
from faults.stage import Stage
from faults.standby import Twins
from faults.stories import Story, Teller
from faults.watch import Sample, Watch
from shared.rpc.client import CONNECT
from tests.harness.stubs import Stubs

DOORS = 4
# As the services' own clients have it, but for the retries: those are the stories'. A connection that is not there
# within the second is tried again.
OPTIONS = (("grpc.enable_retries", 0), ("grpc.use_local_subchannel_pool", 1), *CONNECT)
HEALED_LIMIT_S = 30.0  # I16
LOOK_S = 0.05
TURN_S = 0.25  # a look, on a connection of its own
BEFORE_S = 3.0


@dataclass(slots=True)
class Result:
    """What came of a seed."""

    plan: Plan
    seconds: float = 0.0  # from the first call to the last
    healed_at_s: float = 0.0
    quiet_after_s: float = 0.0  # from healed until nothing was unfinished
    answered_after_s: float = 0.0  # from healed until every caller had an answer
    kills: int = 0
    ambiguous_commits: int = 0
    replies_lost: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    fired: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    injected: list[tuple[float, float, Fault]] = field(default_factory=list)  # when it really was
    samples: list[Sample] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    stories: dict[int, Story] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)
    unexplained: dict[str, list[Call]] = field(default_factory=dict)  # by what was said

    @property
    def requests(self) -> int:
        """Attempts that were sent."""
        return len(self.calls)

    @property
    def unexplained_answers(self) -> int:
        """How many answers nobody could have known of."""
        return sum(len(calls) for calls in self.unexplained.values())

    def around(self, call: Call) -> list[Fault]:
        """The faults that were on shortly before a call ended."""
        return [
            fault for start, end, fault in self.injected if start <= call.ended_s and end >= call.ended_s - BEFORE_S
        ]

    def of(self, story: int | None) -> list[Call]:
        """The calls of a story."""
        return [call for call in self.calls if call.story == story]


@dataclass(frozen=True, slots=True)
class World:
    """What all seeds of a run share."""

    postgres: Postgres
    twins: Twins  # for seeds with failovers
    nursery: Nursery
    disk: Disk | None
    clock: Clock | None
    log: Path  # of the services
    out: Path  # where it is kept, when something was found


async def run(world: World, plan: Plan, tick: Callable[[str], None]) -> Result:
    """Carry the plan out. `tick` is told what is going on."""
    result = Result(plan)
    async with AsyncExitStack() as stack:
        twins = await world.twins.get() if "failover" in plan.mix else None
        postgres = twins or world.postgres
        disk = None if twins else world.disk  # which is the other's
        stage = Stage(plan, postgres, world.nursery, disk, world.clock)
        stack.push_async_callback(stage.close)
        log_start = world.log.stat().st_size
        await stage.start()
        doors = [[await stack.enter_async_context(stubs) for stubs in doors_of(stage)] for _ in range(DOORS)]
        await open_shop(doors[0][0], plan.shape)
        began = stage.began = time.monotonic()
        clients = Clients(doors, Teller(plan.seed, plan.habits), began)
        stack.push_async_callback(clients.abandon)
        watch = Watch(postgres.plain(f"payments_{plan.seed}"), began)
        watch.start()
        stack.push_async_callback(watch.stop)
        await shake(stage, clients, result, tick)
        await heal(stage, clients, watch, result, tick)
        tick("checking")
        names = [f"orders_{plan.seed}", f"payments_{plan.seed}"]
        result.violations += await baseline(postgres.plain(names[1]), names, plan.shape, plan.settings)
        _note(stage, clients, watch, result)
        await asyncio.to_thread(_judge, stage, result)
        with world.log.open("rb") as log:
            log.seek(log_start)
            said = log.read()
        result.violations += judge.secrets(said, result.calls)
        if result.violations or result.unexplained:
            world.out.mkdir(parents=True, exist_ok=True)
            (world.out / f"seed-{plan.seed}.log").write_bytes(said)
    return result


def doors_of(stage: Stage) -> list[Stubs]:
    """A channel of one's own to each process."""
    orders = [stage.links[f"clients-order-{i}"].address for i in range(stage.shape.orders)]
    payments = [stage.links[f"clients-payment-{i}"].address for i in range(stage.shape.payments)]
    return [Stubs(orders[i % len(orders)], address, options=OPTIONS) for i, address in enumerate(payments)]


async def shake(stage: Stage, clients: Clients, result: Result, tick: Callable[[str], None]) -> None:
    """Faults with load."""
    stage.herd = clients.herd
    clients.come(stage.plan.clients)
    async with asyncio.TaskGroup() as group:
        for fault in stage.injectable:
            group.create_task(_inject(stage, fault, result))
        while (left_s := stage.began + stage.plan.seconds - time.monotonic()) > 0:
            tick(f"{len(clients.history.calls):,} requests, {stage.kills} kills")
            await asyncio.sleep(min(1.0, left_s))


async def _inject(stage: Stage, fault: Fault, result: Result) -> None:
    """At its time. One that must not meet another, which took longer than planned, comes after it, or not at all."""
    kind = KINDS[fault.kind]
    await asyncio.sleep(stage.began + fault.at_s - time.monotonic())
    async with stage.turn(kind.exclusive):
        start = time.monotonic() - stage.began
        if start > stage.plan.seconds:
            stage.counts["left_out"] += 1
            return
        await kind.begin(stage, fault.values)
        await asyncio.sleep(fault.lasts_s)
        await kind.end(stage, fault.values)
    result.injected.append((start, time.monotonic() - stage.began, fault))
    stage.counts[fault.kind] += 1


async def heal(stage: Stage, clients: Clients, watch: Watch, result: Result, tick: Callable[[str], None]) -> None:
    """Liveness: every caller gets an answer, and nothing stays unfinished (I16)."""
    tick("healing")
    await stage.heal()
    healed = time.monotonic()
    result.healed_at_s = healed - stage.began
    await clients.stop()
    result.violations += await parked.judge(stage)
    result.violations += await quiet(watch, "after healing")
    result.quiet_after_s = time.monotonic() - healed
    tick("answering")
    again = time.monotonic()
    result.violations += [Violation(text) for text in await clients.send_again(HEALED_LIMIT_S)]
    result.answered_after_s = time.monotonic() - again
    result.violations += await quiet(watch, "after everybody was answered")


async def quiet(watch: Watch, when: str) -> list[Violation]:
    """Wait until nothing is unfinished, nor about to be; what is so for too long."""
    patience = Patience(HEALED_LIMIT_S, turn_s=TURN_S)
    while left := (await watch.look()).unfinished + await watch.expiring():
        if patience.over():
            return [Violation(f"I16 {left} are unfinished {HEALED_LIMIT_S:g} s {when}")]
        await asyncio.sleep(LOOK_S)
    return []


def _note(stage: Stage, clients: Clients, watch: Watch, result: Result) -> None:
    result.seconds = time.monotonic() - stage.began
    result.kills, result.ambiguous_commits = stage.kills, stage.ambiguous_commits
    result.replies_lost, result.counts = stage.replies_lost, stage.counts
    result.fired, result.ends = stage.fired, stage.ends()
    result.samples = sorted(watch.samples, key=lambda sample: sample.at_s)
    result.calls, result.stories = clients.history.calls, clients.stories


def _judge(stage: Stage, result: Result) -> None:
    result.violations += judge.conserved(result.samples, result.healed_at_s)
    found = books.read(stage.urls)
    for item in verify(stage.urls, overdue_s=0):
        result.violations += judge.audited(finding_of(item), found)
    result.violations += judge.told(result.calls, found, stage.operator.taken)
    result.unexplained = judge.unexplained(result.calls)
