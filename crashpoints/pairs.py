"""Two crashes in a row: started again after the first, the service dies again, on the retry or in its completer."""

import asyncio

from crashpoints.answers import OK, Told, ask, may_be_told
from crashpoints.check import check
from crashpoints.play import Play, Stack, agree
from crashpoints.points import ORDER, Point
from crashpoints.processes import KILLED, Served
from crashpoints.stage import Stage

NOT_PASSED = "not passed any more"
LAST_STEP_S = 0.15  # from the COMMIT that brought everything to rest to the point after it


async def play_pair(play: Play, first: Point, second: Point) -> bool:
    """Crash at the first point, then at the second if what is left to do still passes it: whether it did."""
    await play.expect(play.way.before, "before the request")
    async with Stack() as stack:
        told, _ = await play.crash(first, stack)
    await play.stage.sessions_ended(first.service)
    await play.written()
    await play.stage.make_due()  # both the retry and the completer that starts again go on
    told_then, died = await _second(play, second)
    agree(told, told_then)
    await play.stage.make_due()
    async with Stack() as stack:
        stubs = await play.around(stack)
        await play.retry(stubs, told_then if told_then.messages else told)
        await play.ends_well(stubs)
    return died


async def _second(play: Play, point: Point) -> tuple[Told, bool]:
    async with Stack() as stack:
        stubs, victim = await play.victim(point, stack)
        told = await ask(play.way, stubs, play.cases, victim)
        died = await _dies(play.stage, victim)
    play.seen.second = told.status if died else f"{told.status}, {NOT_PASSED}"
    # In the completer it may die before it took the request in, or after it has answered.
    allowed = may_be_told(play.way, point, in_completer=True) if died else {play.way.refused or OK}
    check(told.status in allowed, f"a caller at the second crash is told {told.status}")
    if point.service == ORDER:
        await play.stage.restart_order()
    await play.stage.sessions_ended(point.service)
    return told, died


async def _dies(stage: Stage, victim: Served) -> bool:
    """Whether it dies before everything is quiet: then nothing is left that could kill it."""
    dead = asyncio.ensure_future(victim.ended())
    quiet = asyncio.ensure_future(stage.at_rest())
    await asyncio.wait({dead, quiet}, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait({dead}, timeout=LAST_STEP_S)
    quiet.cancel()
    if victim.alive:
        dead.cancel()
        return False
    check(await dead == KILLED, "it died of something else")
    return True
