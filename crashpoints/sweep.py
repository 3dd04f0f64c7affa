"""Points that a request never passes: a process armed with one is asked everything else, and lives."""

import contextlib
from collections.abc import Sequence

from crashpoints.answers import settle
from crashpoints.check import check
from crashpoints.play import Play
from crashpoints.points import PAYMENT, Point
from crashpoints.stage import Stage
from crashpoints.ways import Cases, Way
from tests.harness.stubs import Stubs


async def pass_by(stage: Stage, point: Point, asked: Sequence[tuple[Way, Cases]]) -> None:
    """Ask one after the other; raises ViolationError when the process dies, or one of them ends otherwise."""
    async with contextlib.AsyncExitStack() as stack:
        if point.service == PAYMENT:
            armed = await stack.enter_async_context(stage.payment(point.name))
            stubs = await stack.enter_async_context(Stubs(stage.order.address, armed.address))
        else:
            armed = await stage.restart_order(point.name)
            stubs = await stack.enter_async_context(stage.living())
        for way, cases in asked:
            await settle(way, stubs, cases)
            check(armed.alive, f"{way.name} passed it")
        await stage.at_rest()
        check(armed.alive, "the completer passed it")
    await stage.restart_order()
    for way, cases in asked:
        await Play(stage, way, cases).expect(way.after, "after quiet")
