"""Requests that wait together travel together, and nobody's trouble becomes a neighbour's."""

import asyncio
from collections.abc import Sequence

import pytest

from shared.coalescer import QUIET_TURNS, Coalescer
from shared.errors import PayonceError, Reason
from shared.hurry import HURRIED

FOREVER_S = 3600.0


class SpoiltError(Exception):
    """What a batch with a bad item raises."""


class Runs:
    """Stands for the use case: holds each batch until it is let go, and fails those that have a bad item."""

    def __init__(self, *bad: int) -> None:
        self.batches: list[list[int]] = []
        self.free = asyncio.Event()
        self.begun = asyncio.Event()
        self._bad = set(bad)

    async def __call__(self, commands: Sequence[int]) -> list[int | PayonceError]:
        self.batches.append(list(commands))
        self.begun.set()
        await self.free.wait()
        if self._bad & set(commands):
            raise SpoiltError(commands)
        return [command * 10 for command in commands]


def coalescer(
    runs: Runs, *, lanes: int = 1, batch_limit: int = 100, queue_limit: int = 100, splitting_s: float = FOREVER_S
) -> Coalescer[int, int]:
    return Coalescer(runs, lanes=lanes, batch_limit=batch_limit, queue_limit=queue_limit, splitting_s=splitting_s)


async def behind(made: Coalescer[int, int], runs: Runs, count: int) -> list[asyncio.Future[int]]:
    """Futures of the commands 1 to `count`, which wait behind a batch of the command 0."""
    made.submit(0)
    await runs.begun.wait()
    return [made.submit(i) for i in range(1, count + 1)]


async def outcomes(futures: Sequence[asyncio.Future[int]]) -> list[int | BaseException]:
    return await asyncio.gather(*futures, return_exceptions=True)


async def test_what_waits_together_travels_as_one_batch() -> None:
    runs = Runs()
    futures = await behind(coalescer(runs), runs, 5)
    runs.free.set()
    assert await outcomes(futures) == [10, 20, 30, 40, 50]
    assert runs.batches == [[0], [1, 2, 3, 4, 5]]


async def test_a_batch_has_its_limit() -> None:
    runs = Runs()
    futures = await behind(coalescer(runs, batch_limit=2), runs, 5)
    runs.free.set()
    assert await outcomes(futures) == [10, 20, 30, 40, 50]
    assert runs.batches == [[0], [1, 2], [3, 4], [5]]


async def test_a_full_queue_refuses_and_goes_on() -> None:
    runs = Runs()
    made = coalescer(runs, queue_limit=2)
    futures = await behind(made, runs, 2)
    with pytest.raises(PayonceError) as caught:
        await made.submit(3)
    assert caught.value.reason == Reason.OVERLOADED
    runs.free.set()
    assert await outcomes(futures) == [10, 20]


async def test_draining_refuses_what_is_new_and_finishes_what_was_taken() -> None:
    runs = Runs()
    made = coalescer(runs)
    futures = await behind(made, runs, 3)
    draining = asyncio.ensure_future(made.drain())
    await asyncio.sleep(0)
    with pytest.raises(PayonceError) as caught:
        await made.submit(4)
    assert caught.value.reason == Reason.SHUTTING_DOWN
    assert not draining.done()
    runs.free.set()
    await draining
    assert [future.result() for future in futures] == [10, 20, 30]


async def test_one_bad_item_never_fails_its_neighbours() -> None:
    runs = Runs(3)
    futures = await behind(coalescer(runs), runs, 8)
    runs.free.set()
    found = await outcomes(futures)
    assert isinstance(found.pop(2), SpoiltError)
    assert found == [10, 20, 40, 50, 60, 70, 80]


async def test_an_answer_for_all_is_given_to_all_and_not_split() -> None:
    async def unavailable(commands: Sequence[int]) -> list[int | PayonceError]:
        batches.append(len(commands))
        await asyncio.sleep(0)
        raise PayonceError(Reason.DATABASE_UNAVAILABLE, "not now")

    batches: list[int] = []
    made: Coalescer[int, int] = Coalescer(unavailable, lanes=1, batch_limit=9, queue_limit=9)
    found = await outcomes([made.submit(i) for i in range(5)])
    assert all(isinstance(error, PayonceError) for error in found)
    assert batches == [1, 4]


async def test_other_batches_go_between_the_halves_of_a_failed_one() -> None:
    runs = Runs(1)
    made = coalescer(runs, batch_limit=4)
    futures = await behind(made, runs, 12)
    runs.free.set()
    await outcomes(futures)
    assert runs.batches[:5] == [[0], [1, 2, 3, 4], [5, 6, 7, 8], [1, 2], [9, 10, 11, 12]]


async def test_who_left_is_not_run() -> None:
    """Neither while queued, nor again when the batch is split."""
    runs = Runs(1)
    made = coalescer(runs)
    futures = await behind(made, runs, 5)
    futures[4].cancel()
    runs.begun.clear()
    runs.free.set()
    await runs.begun.wait()
    assert runs.batches == [[0], [1, 2, 3, 4]]
    futures[1].cancel()
    futures[2].cancel()
    await outcomes(futures)
    assert runs.batches[2:] == [[1], [4], [1]]


async def test_splitting_ends_after_a_while() -> None:
    """Every part may wait for the same lock, one after the other. The rest are told to come again, and others go on."""
    runs = Runs(1)
    made = coalescer(runs, splitting_s=0)
    futures = await behind(made, runs, 8)
    runs.free.set()
    for error in await outcomes(futures):
        assert isinstance(error, PayonceError)
        assert error.reason == Reason.DATABASE_CONTENTION
        assert error.retry_after_s
    assert runs.batches == [[0], list(range(1, 9))]
    assert await made.submit(9) == 90


async def test_a_caller_without_time_is_queued_all_the_same() -> None:
    """What was sent is done; whoever sends it again finds it."""
    runs = Runs()
    made = coalescer(runs)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(made.submit(1), 0)
    runs.free.set()
    await made.drain()
    assert runs.batches == [[1]]


async def turns(count: int = 2 * QUIET_TURNS) -> None:
    """As many turns of the event loop: by then whoever may leave has left."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_those_that_are_just_coming_in_travel_along() -> None:
    runs = Runs()
    made = coalescer(runs)
    futures = await behind(made, runs, 1)
    runs.free.set()
    for i in range(2, 6):
        await turns(5)  # apart, as grpc.aio takes them in
        futures.append(made.submit(i))
    assert await outcomes(futures) == [10, 20, 30, 40, 50]
    assert runs.batches == [[0], [1, 2, 3, 4, 5]]


async def test_another_lane_is_for_a_quarter_of_a_whole_batch() -> None:
    runs = Runs()
    made = coalescer(runs, lanes=2, batch_limit=12)
    await behind(made, runs, 2)
    await turns()
    assert runs.batches == [[0]]
    made.submit(3)
    await turns()
    assert runs.batches == [[0], [1, 2, 3]]
    runs.free.set()
    await made.drain()


async def test_a_batch_that_takes_long_holds_nobody_up() -> None:
    runs = Runs()
    made = coalescer(runs, lanes=2)
    await behind(made, runs, 2)
    runs.begun.clear()
    async with asyncio.timeout(10):
        await runs.begun.wait()  # while the first is still under way
    assert runs.batches == [[0], [1, 2]]
    runs.free.set()
    await made.drain()


async def test_one_that_is_stuck_leaves_the_other_lane_to_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    free, begun = asyncio.Event(), asyncio.Event()

    async def run(commands: Sequence[int]) -> list[int]:
        begun.set()
        if 0 in commands:
            await free.wait()
        return list(commands)

    made: Coalescer[int, int] = Coalescer(run, lanes=2, batch_limit=100, queue_limit=100)
    stuck = made.submit(0)
    await begun.wait()
    async with asyncio.timeout(10):
        assert await made.submit(1) == 1
        # It is known by now; no clock need tell it again.
        monkeypatch.setattr("shared.coalescer.LONG_S", 3600)
        assert [await made.submit(number) for number in (2, 3)] == [2, 3]
    free.set()
    assert await stuck == 0
    await made.drain()


async def test_what_is_still_gathering_is_done_before_the_end() -> None:
    runs = Runs()
    made = coalescer(runs)
    await behind(made, runs, 3)
    runs.free.set()
    await turns(2)  # the first batch has ended, and the next one has not begun
    await made.drain()
    assert runs.batches == [[0], [1, 2, 3]]


async def test_who_fails_alone_in_a_hurry_is_run_once_more() -> None:
    """2 fails beside 1, who is stuck, and could not wait until 1 had given up; 1 fails again."""
    batches: list[list[int]] = []
    begun, free = asyncio.Event(), asyncio.Event()

    async def run(commands: Sequence[int]) -> list[int]:
        batches.append(list(commands))
        begun.set()
        await free.wait()
        if 1 in commands or batches.count([2]) == 1:
            raise SpoiltError(commands)
        return list(commands)

    made: Coalescer[int, int] = Coalescer(run, lanes=1, batch_limit=100, queue_limit=100, splitting_s=FOREVER_S)
    made.submit(0)
    await begun.wait()
    stuck, healthy = made.submit(1), made.submit(2)
    free.set()
    assert await healthy == 2
    with pytest.raises(SpoiltError):
        await stuck
    assert batches == [[0], [1, 2], [1], [2], [1], [2]]
    await made.drain()


async def test_nobody_waits_long_while_a_failed_batch_is_split() -> None:
    """Neither its parts nor a batch that goes between them: who is stuck there would take the time of all others."""
    hurried: dict[tuple[int, ...], bool] = {}
    runs = Runs(1)

    async def run(commands: Sequence[int]) -> list[int | PayonceError]:
        hurried[tuple(commands)] = HURRIED.get()
        return await runs(commands)

    made: Coalescer[int, int] = Coalescer(run, lanes=1, batch_limit=4, queue_limit=100)
    futures = await behind(made, runs, 6)
    runs.free.set()
    await outcomes(futures)
    assert hurried == {
        (0,): False,
        (1, 2, 3, 4): False,
        (5, 6): True,
        (1, 2): True,
        (3, 4): True,
        (1,): True,
        (2,): True,
    }
    assert await made.submit(7) == 70
    assert not hurried[7,]
