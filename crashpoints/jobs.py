"""What a stage plays in one go. A job that met a violation stops, and hands back what is left of it."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from crashpoints.catalogue import fault_of
from crashpoints.pairs import play_pair
from crashpoints.play import Play
from crashpoints.points import Point
from crashpoints.report import NOT_REACHED, PAIR, Mode, Row, Seen
from crashpoints.stage import Stage
from crashpoints.sweep import pass_by
from crashpoints.ways import Cases, Way

Note = Callable[[Row], None]
AT_A_TIME = 16  # are prepared; on a busy machine more than that find no connection free


class Job(ABC):
    """Some cells."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    async def run(self, stage: Stage, note: Note) -> "Job | None":
        """Play, and note what was seen. After a violation what is left, which wants another stage; else None."""


@dataclass(frozen=True)
class Singles(Job):
    """One crash each."""

    way: Way
    cells: Sequence[tuple[Point, Mode]]

    def __len__(self) -> int:
        return len(self.cells)

    async def run(self, stage: Stage, note: Note) -> "Job | None":
        prepared = await _prepare(stage, [self.way] * len(self.cells))
        for i, ((point, mode), cases) in enumerate(zip(self.cells, prepared, strict=True)):
            row = _row(self.way, name_of(point), mode, point)
            await _observe(row, Play(stage, self.way, cases, row.seen).once(point, mode))
            note(row)
            if row.violation:
                return Singles(self.way, self.cells[i + 1 :])
        return None


@dataclass(frozen=True)
class Pairs(Job):
    """Two crashes each."""

    way: Way
    cells: Sequence[tuple[Point, Point]]

    def __len__(self) -> int:
        return len(self.cells)

    async def run(self, stage: Stage, note: Note) -> "Job | None":
        prepared = await _prepare(stage, [self.way] * len(self.cells))
        for i, (points, cases) in enumerate(zip(self.cells, prepared, strict=True)):
            row = _row(self.way, pair_name(points), PAIR, points[0])
            row.reached += bool(await _observe(row, play_pair(Play(stage, self.way, cases, row.seen), *points)))
            note(row)
            if row.violation:
                return Pairs(self.way, self.cells[i + 1 :])
        return None


@dataclass(frozen=True)
class Sweep(Job):
    """Points that requests must not pass: one process for each point, asked all of them."""

    cells: Sequence[tuple[Point, Sequence[Way]]]

    def __len__(self) -> int:
        return sum(len(ways) for _, ways in self.cells)

    async def run(self, stage: Stage, note: Note) -> "Job | None":
        prepared = iter(await _prepare(stage, [way for _, ways in self.cells for way in ways]))
        for i, (point, ways) in enumerate(self.cells):
            row = Row(" ".join(way.name for way in ways), name_of(point), NOT_REACHED, Seen(), 0)
            await _observe(row, pass_by(stage, point, [(way, next(prepared)) for way in ways]))
            for way in ways:
                note(Row(way.name, row.where, row.mode, Seen(), 0, row.took_s / len(ways), row.violation))
            if row.violation:
                return Sweep(self.cells[i + 1 :])
        return None


async def _prepare(stage: Stage, ways: Sequence[Way]) -> list[Cases]:
    """One case after the other is at its start, and everything quiet."""
    room = asyncio.Semaphore(AT_A_TIME)

    async def one(way: Way) -> Cases:
        async with room:
            return await way.prepare(stage)

    async with stage.living() as stage.stubs:
        prepared = await asyncio.gather(*map(one, ways))
        await stage.at_rest()
    return prepared


async def _observe(row: Row, cell: Awaitable[bool | None]) -> bool | None:
    """Whatever goes wrong in a cell is a violation of what it expects; the run goes on, and ends with 1."""
    begun = time.monotonic()
    try:
        return await cell
    except Exception as error:  # noqa: BLE001 - it is noted, and told
        row.violation = f"{type(error).__name__}: {error}"
        return None
    finally:
        row.took_s = round(time.monotonic() - begun, 2)


def _row(way: Way, where: str, mode: str, point: Point) -> Row:
    return Row(way.name, where, mode, Seen(), 1, rpc=way.rpc, fault=fault_of(way.rpc, point))


def pair_name(points: Sequence[Point]) -> str:
    """Both, in the order in which they kill."""
    return " → ".join(map(name_of, points))


def name_of(point: Point) -> str:
    """As reports have it."""
    return f"{point.name} ({point.service})"
