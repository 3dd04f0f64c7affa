"""`make storm`: it stays clean while everything is killed, and tells of each thing that would be wrong."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from audit.check import Finding
from faults.__main__ import world
from faults.report import Report
from faults.storm import run
from faults.storm.__main__ import lines
from faults.storm.ground import DATABASE, Ground
from faults.storm.kept import lost, missing
from faults.storm.run import Passed, storm
from faults.storm.told import Wanted
from faults.storm.wave import AMOUNT, Shape
from payonce.payment.v1 import payment_pb2

SMALL = Shape(orders=60, alone=3, batched=5, batch=20, near=20)
ATTEMPTS = 1_500
LIMIT_S = 120.0  # whatever hangs is to be seen in a traceback


async def test_a_storm_is_clean_and_what_would_be_lost_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doctored: list[bool] = []

    def also_doctored(url: str, orders: Iterable[Wanted], told: dict[str, payment_pb2.Payment]) -> Iterator[str]:
        def found(orders: Iterable[Wanted], told: dict[str, payment_pb2.Payment]) -> list[str]:
            return [text.partition(" was ")[0] for text in lost(url, orders, told)]

        first, second, *_ = each = list(orders)
        never, dearer = replace(first, order_id="never"), replace(first, amount=1)
        doctored.append(found([*each, never], {**told, "never": told[second.order_id]}) == ["I1 never"])
        doctored.append(found(each, {**told, first.order_id: told[second.order_id]}) == [f"I1 {first.order_id}"])
        doctored.append(found([dearer, second], told) == [f"I1 {first.order_id}"])
        doctored.append(len(list(missing(url, 10**6, AMOUNT))) == 1)
        return lost(url, each, told)

    monkeypatch.setattr(run, "lost", also_doctored)
    passed, ticks = Passed(), Counter[str]()
    async with asyncio.timeout(LIMIT_S), world(["cut"], Report(tmp_path)) as made:
        ground = Ground(made.postgres, made.nursery, Random(1))
        try:
            await storm(ground, ATTEMPTS, 0.3, passed, shape=SMALL, tick=lambda: ticks.update(["answer"]))
        finally:
            await ground.close()
    assert passed.clean, list(lines(passed))
    assert doctored
    assert all(doctored)
    assert passed.told.attempts >= ATTEMPTS
    assert ticks.total() >= passed.orders * SMALL.alone
    assert passed.kills.total()
    assert passed.last_line().endswith(" violations=0 unexplained=0")


class Quiet:
    """A ground on which nothing goes on, and `wrong` is wrong."""

    def __init__(self, wrong: str = "") -> None:
        self.payments, self.urls = "", {"payments": ""}
        self._wrong = wrong
        self.asked: list[str] = []

    async def kill(self) -> None:
        if self._wrong == "kill":
            raise RuntimeError("PostgreSQL does not start")

    async def start(self) -> None: ...

    async def up(self) -> None: ...

    def doors(self, _: contextlib.AsyncExitStack, __: int) -> list[Any]:
        return []

    def kills(self) -> Counter[str]:
        return Counter({DATABASE: 0}) if self._wrong == "kills" else Counter({DATABASE: 2, "order_service": 3})

    def fell(self) -> list[str]:
        return ["payment_service, exit status 1"] if self._wrong == "fell" else []

    async def calm(self) -> int:
        return int(self._wrong == "calm")

    async def read(self, books: Any) -> list[Any]:
        assert isinstance(books, partial)
        name = books.func.__name__
        self.asked.append(name)
        if name == "verify":
            return [Finding("I4", rows=9, violations=3 if self._wrong == "verify" else 0, named=["an account"])]
        return ["I1 something"] if self._wrong == name else []


NOTHING = Shape(orders=0, alone=0, batched=0)


@pytest.mark.parametrize("wrong", ["kills", "fell", "calm", "lost", "missing", "verify"])
async def test_whatever_is_wrong_in_the_end_is_a_violation(wrong: str) -> None:
    ground: Any = Quiet(wrong)
    passed = Passed()
    await storm(ground, 0, 60, passed, shape=NOTHING, tick=lambda: None)
    assert passed.told.found == 1
    assert not passed.clean
    assert " violations=1 " in [*lines(passed)][-1]


async def test_on_a_quiet_ground_nothing_is_found() -> None:
    ground: Any = Quiet()
    passed = Passed()
    await storm(ground, 0, 60, passed, shape=NOTHING, tick=lambda: None)
    assert passed.clean
    assert ground.asked == ["lost", "missing", "verify"]
    assert " kills=3 db_crashes=2 " in passed.last_line()


async def test_when_its_time_is_over_it_ends_and_looks_at_everything() -> None:
    ground: Any = Quiet()
    async with asyncio.timeout(LIMIT_S):
        await storm(ground, 10**9, 60, Passed(), shape=NOTHING, tick=lambda: None, limit_s=0)
    assert ground.asked[-3:] == ["lost", "missing", "verify"]


def test_who_was_killed_by_somebody_else_is_found() -> None:
    postgres: Any = SimpleNamespace(create=lambda *_: "")
    nursery: Any = SimpleNamespace(listening=lambda _: asyncio.Event())
    ground = Ground(postgres, nursery, Random(1))
    assert not ground.kills().total()
    assert ground.fell() == []
    ground._services["order_service"][0].kills += 1
    assert ground.kills().total() == 1
    assert ground.fell() == ["1 by somebody else's SIGKILL"]


async def test_without_its_kills_it_ends() -> None:
    ground: Any = Quiet("kill")
    with pytest.raises(ExceptionGroup):
        async with asyncio.timeout(LIMIT_S):
            await storm(ground, 10**9, 0, Passed(), shape=NOTHING, tick=lambda: None)
