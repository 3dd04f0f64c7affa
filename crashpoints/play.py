"""One crash, what the caller does then, and what must hold when everything is quiet again."""

import asyncio
import contextlib
from dataclasses import dataclass, field

from crashpoints.answers import Told, ask, may_be_told, settle
from crashpoints.check import check, within
from crashpoints.points import ORDER, PAYMENT, Point
from crashpoints.processes import KILLED, Served
from crashpoints.report import Mode, Seen
from crashpoints.stage import Stage
from crashpoints.ways import Cases, Way
from tests.crashes.ways import Facts
from tests.harness.stubs import Stubs

DEATH_WITHIN_S = 20.0
Stack = contextlib.AsyncExitStack


@dataclass
class Play:
    """A request on a stage, its cases prepared. What goes wrong raises ViolationError."""

    stage: Stage
    way: Way
    cases: Cases
    seen: Seen = field(default_factory=Seen)

    async def once(self, point: Point, mode: Mode) -> None:
        """Crash at the point, start again, do as the mode says."""
        await self.expect(self.way.before, "before the request")
        async with Stack() as stack:
            first, living = await self.crash(point, stack)
            if mode == Mode.TWO_RETRIES:
                stubs = living or await self.around(stack)
                await self.retry_twice(stubs, first)
            else:
                await self.stage.sessions_ended(point.service)
                written = await self.written()
                stubs = await (self.left_alone if mode == Mode.NO_RETRY else self.around)(stack, living)
                if mode == Mode.NO_RETRY:
                    await self.expect_each([self.way.after if moved else self.way.before for moved in written])
                replayed = await self.retry(stubs, first)
                check(replayed in (None, written), f"marked as replay: {replayed}; written before: {written}")
            await self.ends_well(stubs)

    async def crash(self, point: Point, stack: Stack) -> tuple[Told, Stubs | None]:
        """The process dies at the point: what the caller was told, and the stubs to who lives on, if somebody does."""
        async with Stack() as brief:
            stubs, victim = await self.victim(point, stack if point.service == ORDER else brief)
            told = await ask(self.way, stubs, self.cases, victim)
            self.seen.first = told.status
            async with within(DEATH_WITHIN_S, "it did not die of its failpoint"):
                check(await victim.ended() == KILLED, "it died of something else")
        check(told.status in may_be_told(self.way, point), f"a caller at the crash is told {told.status}")
        if point.service == PAYMENT:
            return told, None
        await self.stage.restart_order()
        return told, None if self.way.direct else stubs

    async def victim(self, point: Point, stack: Stack) -> tuple[Stubs, Served]:
        """A process that is to die at the point, and the stubs by which a caller meets it, or who stands before it."""
        if point.service == PAYMENT:
            victim = await stack.enter_async_context(self.stage.payment(point.name))
            return await stack.enter_async_context(Stubs(self.stage.order.address, victim.address)), victim
        victim = await self.stage.restart_order(point.name)
        return await self.around(stack), victim

    async def around(self, stack: Stack, living: Stubs | None = None) -> Stubs:
        """Stubs to a payment_service without a failpoint, if the request goes there, and to the order_service."""
        if living:
            return living
        if self.way.direct:
            address = self.stage.order.address
            return await stack.enter_async_context(Stubs(address, address))
        return await stack.enter_async_context(self.stage.living())

    async def left_alone(self, stack: Stack, living: Stubs | None) -> Stubs:
        """The same, when they have finished what they found."""
        await self.stage.make_due()
        stubs = await self.around(stack, living)
        await self.stage.at_rest()
        return stubs

    async def written(self) -> tuple[bool, ...]:
        """Whether the request has left anything behind, for each case."""
        facts = await self.stage.facts(self.cases)
        self.seen.at_crash = "; ".join(dict.fromkeys(describe(found, self.way) for found in facts))
        return tuple(found != self.way.before for found in facts)

    async def retry(self, stubs: Stubs, first: Told) -> tuple[bool, ...] | None:
        """A retry, or somebody who asks late: for each case whether it was a replay; None when that does not tell."""
        told, self.seen.retry = await settle(self.way, stubs, self.cases)
        agree(first, told)
        return told.replayed if len(self.seen.retry) == 1 and told.replayed else None

    async def retry_twice(self, stubs: Stubs, first: Told) -> None:
        """Two retries at once, before PostgreSQL has even noticed the crash: the same answer, and one is the first."""
        both = await asyncio.gather(*(settle(self.way, stubs, self.cases) for _ in range(2)))
        (one, seen_one), (other, seen_other) = both
        self.seen.retry = [*seen_one, *seen_other]
        check(one.messages == other.messages, "two retries are told different things")
        agree(first, one)
        if len(seen_one) == len(seen_other) == 1:  # who had to ask again may find what it did itself
            both_first = (False, False) in zip(one.replayed, other.replayed, strict=True)
            check(not both_first, "two retries both are told that they were first")

    async def ends_well(self, stubs: Stubs) -> None:
        """Quiet, moved once, on both sides; asked again the same answer, which changes nothing; and the audit."""
        told, _ = await settle(self.way, stubs, self.cases)
        await self.stage.at_rest()
        await self.expect(self.way.after, "after quiet")
        again, statuses = await settle(self.way, stubs, self.cases)
        check(again.messages == told.messages, f"a replay differs: {told.messages}, then {again.messages}")
        check(len(statuses) == 1 and all(again.replayed), f"a replay is told as {statuses}, {again.replayed}")
        await self.expect(self.way.after, "after the replay")
        found = await self.stage.audit()
        check(not found, f"the audit finds {found}")
        self.seen.after = describe(self.way.after, self.way)

    async def expect(self, wanted: Facts, when: str) -> None:
        """Both databases say this of every case."""
        await self.expect_each([wanted] * len(self.cases), when)

    async def expect_each(self, wanted: list[Facts], when: str = "left alone") -> None:
        """Both databases say this of each case."""
        found = await self.stage.facts(self.cases)
        check(found == wanted, f"{when}: {found}, not {wanted}")


def agree(first: Told, told: Told) -> None:
    """What was answered once is the answer for ever (I13)."""
    for then, now in zip(first.messages, told.messages, strict=False):  # who was told nothing has nothing to compare
        check(then is None or now is None or then == now, f"first {then}, then {now}")


def describe(facts: Facts, way: Way) -> str:
    """For people."""
    if facts == way.before:
        return "as before"
    state = facts.payment[0] if facts.payment else "no payment"
    moved = "+".join(facts.transfers) or "no transfer"
    unfinished = [kind for kind, completed in facts.corrections if not completed]
    noted = f", {unfinished[0]} noted" if unfinished else ""
    own = f"balance {facts.payer[0] / 100:.2f}, " if facts.payment is None else ""
    return f"{own}{state}, {moved}{noted}, order {facts.order or 'none'}"
