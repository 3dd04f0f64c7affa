"""`make storm`: it stays clean while everything is killed, and tells of each thing that would be wrong."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import pytest

from faults.__main__ import world
from faults.report import Report
from faults.storm import run, wave
from faults.storm.kept import lost
from faults.storm.told import NAMED, Told
from faults.storm.wave import Shape, Wave

SMALL = Shape(orders=60, alone=3, batched=5, batch=20)
ATTEMPTS = 1_500
LIMIT_S = 120.0  # whatever hangs is to be seen in a traceback


async def test_a_storm_is_clean_and_what_would_be_lost_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doctored: list[bool] = []

    def also_doctored(url: str, orders: Sequence[str], told: Mapping[str, str], amount: int) -> Iterator[str]:
        def found(orders: Sequence[str], told: Mapping[str, str], amount: int) -> list[str]:
            return [text.partition(" was ")[0] for text in lost(url, orders, told, amount)]

        first, second, third, *_ = orders
        doctored.append(found([*orders, "never"], {**told, "never": told[first]}, amount) == ["I1 never"])
        doctored.append(found(orders, {**told, first: told[second]}, amount) == [f"I1 {first}"])
        doctored.append(found([first, second, third], told, amount + 1) == [f"I1 {i}" for i in (first, second, third)])
        return lost(url, orders, told, amount)

    monkeypatch.setattr(run, "lost", also_doctored)
    seen: list[int] = []
    async with asyncio.timeout(LIMIT_S), world(["cut"], Report(tmp_path)) as made:
        passed = await run.storm(made, ATTEMPTS, 0.3, lambda told: seen.append(told.attempts), shape=SMALL)
    assert passed.clean, passed.told
    assert doctored == [True] * 3 * len(seen)
    assert passed.told.attempts == seen[-1] >= ATTEMPTS
    assert passed.orders == SMALL.orders * len(seen)
    assert passed.told.answered - passed.told.replays <= passed.orders
    assert passed.counts.total()
    assert passed.last_line().endswith(" violations=0 unexplained=0")


def test_what_callers_must_not_be_told_is_found() -> None:
    told = Told()
    told.paid("PayOrder", "o-1", "p-1", replayed=False)
    told.paid("BatchPayOrders", "o-1", "p-1", replayed=True)
    told.refused("PayOrder", ["o-2"], "UNAVAILABLE", "")
    assert (told.attempts, told.answered, told.replays, told.found, told.unexplained.total()) == (3, 2, 1, 0, 0)
    told.paid("PayOrder", "o-1", "p-2", replayed=True)
    told.refused("PayOrder", ["o-2"], "FAILED_PRECONDITION", "INSUFFICIENT_FUNDS")
    told.refused("BatchPayOrders", ["o-3", "o-4"], "UNKNOWN", "")
    assert [text.partition(" ")[0] for text in told.violations] == ["I2", "I14"]
    assert told.unexplained == {"BatchPayOrders UNKNOWN": 2}


def test_of_many_violations_some_are_named_and_all_are_counted() -> None:
    told = Told()
    for number in range(NAMED + 5):
        told.violate(f"{number}")
    assert (len(told.violations), told.found) == (NAMED, NAMED + 5)


async def test_an_order_that_gets_no_answer_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wave, "HEALED_LIMIT_S", 0.0)
    monkeypatch.setattr(wave, "PAUSE_S", 0.0)

    async def down(*_: Any, **__: Any) -> None:
        raise grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata())

    async def made(*_: Any, **__: Any) -> None:
        pass

    door: Any = SimpleNamespace(
        orders=SimpleNamespace(CreateOrder=made), payments=SimpleNamespace(PayOrder=down, BatchPayOrders=down)
    )
    told = Told()
    await Wave(1, Shape(orders=3, alone=1, batched=1, batch=3), [door], told).pass_by()
    assert told.violations == ["I16 3 orders of wave 1 have no answer, storm-1-0 for one"]
    assert told.attempts == 9
