"""The matrix as jobs, each for one stage: a few cells of one request, prepared together, then played one by one."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from crashpoints.jobs import Job, Pairs, Singles, Sweep, name_of, pair_name
from crashpoints.places import BY_ITSELF, not_reached, reached
from crashpoints.points import Point
from crashpoints.report import NOT_REACHED, PAIR, Cell, Mode
from crashpoints.ways import WAYS, Way

TOGETHER = 24  # cells of a job
SWEPT_TOGETHER = 6  # points of a job; each is passed by nearly every request
T = TypeVar("T")


@dataclass(frozen=True)
class Wanted:
    """Which part of the matrix; an empty text is all of it. `done`: what was played before, and is left out."""

    rpc: str = ""
    only: str = ""
    singles: bool = True
    pairs: bool = False
    done: frozenset[Cell] = frozenset()

    def ways(self) -> list[Way]:
        """The requests whose name begins with `rpc`."""
        return [way for way in WAYS if way.name.startswith(self.rpc)]

    def has(self, *points: Point) -> bool:
        """Whether one of the points has `only` in its name."""
        return any(self.only in point.name for point in points)


def jobs(wanted: Wanted) -> list[Job]:
    """The pairs come last: they take the longest."""
    found: list[Job] = []
    if wanted.singles:
        found += itertools.chain.from_iterable(_singles(wanted, way) for way in wanted.ways())
        found += _sweeps(wanted)
    if wanted.pairs:
        found += itertools.chain.from_iterable(_pairs(wanted, way) for way in wanted.ways())
    return found


def _singles(wanted: Wanted, way: Way) -> Iterator[Job]:
    points = [point for point in (*reached(way.name), *sorted(BY_ITSELF)) if wanted.has(point)]
    every = itertools.product(points, Mode)
    left = [(point, mode) for point, mode in every if (way.name, name_of(point), mode) not in wanted.done]
    for cells in _chunks(left, TOGETHER):
        yield Singles(way, cells)


def _pairs(wanted: Wanted, way: Way) -> Iterator[Job]:
    points = reached(way.name)
    pairs = [pair for pair in itertools.product(points, points) if wanted.has(*pair)]
    left = [pair for pair in pairs if (way.name, pair_name(pair), PAIR) not in wanted.done]
    for cells in _chunks(left, TOGETHER):
        yield Pairs(way, cells)


def _sweeps(wanted: Wanted) -> Iterator[Job]:
    ways = wanted.ways()
    points = sorted({point for way in ways for point in not_reached(way.name) if wanted.has(point)})
    swept = [(point, [way for way in ways if _to_be_swept(wanted, way, point)]) for point in points]
    for some in _chunks([(point, by) for point, by in swept if by], SWEPT_TOGETHER):
        yield Sweep(some)


def _to_be_swept(wanted: Wanted, way: Way, point: Point) -> bool:
    return point in not_reached(way.name) and (way.name, name_of(point), NOT_REACHED) not in wanted.done


def first(todo: Iterable[Job], cells: int) -> list[Job]:
    """So many jobs that there are `cells` cells, or a few more, as a job is not divided."""
    found: list[Job] = []
    for job in todo:
        if sum(map(len, found)) >= cells:
            break
        found.append(job)
    return found


def _chunks(items: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    rest = iter(items)
    while chunk := list(itertools.islice(rest, size)):
        yield chunk
