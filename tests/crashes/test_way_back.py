"""F11: the process is killed at every step of each way in which a payment changes after, or without, an order.

Then either the caller retries, or nobody does and only the completer works: one effect, order and money agree, and the
answer is the same however often it is asked for.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from typing import Any

import grpc
import pytest

from tests.crashes.stage import Stage, stage, until
from tests.crashes.ways import WAYS, Case, Way, facts_of, insist, read_facts
from tests.harness.answers import reason
from tests.harness.audit import quiet
from tests.harness.money import pay
from tests.harness.postgres import Postgres
from tests.harness.stubs import Stubs

AT_ONCE = 3  # the crashes of one play's waiting overlap with another's starting
Play = Callable[[Stage], Awaitable[None]]


@pytest.fixture(scope="module")
async def stages(postgres: Postgres) -> AsyncIterator[asyncio.Queue[Stage]]:
    """Stages that wait for a play."""
    async with contextlib.AsyncExitStack() as stack:
        free: asyncio.Queue[Stage] = asyncio.Queue()
        for built in await asyncio.gather(
            *(stack.enter_async_context(stage(postgres, over_the_line=False)) for _ in range(AT_ONCE))
        ):
            free.put_nowait(built)
        yield free


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name.replace(" ", "-"))
async def test_crash_at_every_step(stages: asyncio.Queue[Stage], way: Way) -> None:
    ends = await asyncio.gather(*(on_a_free_stage(stages, play) for play in plays(way)), return_exceptions=True)
    if failed := [end for end in ends if isinstance(end, Exception)]:
        raise ExceptionGroup(f"{way.name}: {len(failed)} of {len(ends)} crashes", failed)
    for there in [stages.get_nowait() for _ in range(AT_ONCE)]:
        await quiet(there.pair)
        stages.put_nowait(there)


def plays(way: Way) -> Iterator[Play]:
    """Each step, and who comes after it. Where nothing was written, whoever comes is the first."""
    for point in way.untouched:
        yield partial(play, way, point, retries=True)
    for point in (way.unknown, *way.written, *way.in_order_service):
        for retries in (True, False):
            yield partial(play, way, point, retries=retries)


async def on_a_free_stage(stages: asyncio.Queue[Stage], play: Play) -> None:
    there = await stages.get()
    try:
        await play(there)
    finally:
        stages.put_nowait(there)


async def play(way: Way, point: str, there: Stage, *, retries: bool) -> None:
    """One crash at `point`, and what comes of it."""
    try:
        await crash_and_converge(way, point, there, retries=retries)
    except Exception as error:
        error.add_note(f"{way.name}, crash at {point}, {'retried' if retries else 'left to the completer'}")
        raise


async def crash_and_converge(way: Way, point: str, there: Stage, *, retries: bool) -> None:
    case = await way.prepare(there)
    assert await read_facts(there.pair, case) == way.before
    crash = crash_of_order_service if point in way.in_order_service else crash_of_payment_service
    first = await crash(there, way, case, point)
    written = await read_facts(there.pair, case) != way.before
    if point != way.unknown:
        assert written == (point not in way.untouched)
    if written and not retries:
        there.make_due()
        await until(lambda: facts_of(there.pair, case) == way.after, "the completer does not bring it to its end")
    # A retry; or somebody who asks only when all is over.
    answer, again = await insist(partial(way.ask, there.stubs, case))
    assert again == written
    assert first is None or answer == first
    await until(lambda: facts_of(there.pair, case) == way.after, "it does not come to its end")
    assert await insist(partial(way.ask, there.stubs, case)) == (answer, True)
    assert await read_facts(there.pair, case) == way.after


async def crash_of_payment_service(there: Stage, way: Way, case: Case, point: str) -> Any:
    """The process that was asked dies at `point`: the answer, if there was one."""
    async with there.another(point) as victim:
        await victim.listening()
        async with Stubs(there.services.order.address, victim.address) as stubs:
            answer, told = None, "ORDER_SERVICE_UNAVAILABLE"
            while told == "ORDER_SERVICE_UNAVAILABLE":  # it has just begun to look for it: ask once more
                try:
                    answer, told = await way.ask(stubs, case), "OK"
                except grpc.aio.AioRpcError as error:
                    assert error.code() == grpc.StatusCode.UNAVAILABLE, error  # noqa: PT017 - it may also be answered
                    told = reason(error)
            await there.died(victim)
    assert told == ("OK" if answer else "")  # the service itself has told nothing
    assert answer is None or point.startswith("reply_sent:")
    return answer


async def crash_of_order_service(there: Stage, way: Way, case: Case, point: str) -> None:
    """order_service dies at `point`, and is started again when the caller has been told of it."""
    victim = await there.services.restart_order({"PAYONCE_FAILPOINT": point})
    await found_again(there)
    try:
        answer = await way.ask(there.stubs, case)
        assert not answer.order_confirmed  # the money moved, and stays moved
    except grpc.aio.AioRpcError as error:
        assert reason(error) == "ORDER_SERVICE_UNAVAILABLE", error  # noqa: PT017 - on the way back this is the answer
    await there.died(victim)
    await there.services.restart_order({})
    await found_again(there)


async def found_again(there: Stage) -> None:
    """Wait until payment_service has found its order_service again."""
    async with asyncio.timeout(30):
        while await try_to_pay(there.stubs, "no-such-order") != "ORDER_NOT_FOUND":
            await asyncio.sleep(0.05)


async def try_to_pay(stubs: Stubs, order_id: str) -> str:
    try:
        await pay(stubs, order_id)
    except grpc.aio.AioRpcError as error:
        return reason(error)
    return "OK"
