"""What docs/reliability.md says that callers may be told: its table "RPC × fault × what the caller is told", read."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc

from faults.answers import HUNG_UP, NO_FAULT, UNCONFIRMED
from faults.documented import answers
from faults.history import FOR_GOOD
from shared.errors import Reason

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
HEADING = "## RPC × fault × what the caller is told"
SAME = "the same"  # as in the first column
NO_ANSWER = "no answer"
WORD = re.compile(r"\b[A-Z]+(?:_[A-Z]+)*\b|`order_confirmed` false")
KIND = re.compile(r"`(\w+)`")


@dataclass(frozen=True, slots=True)
class Promised:
    """The table. RPCs that are told the same stand in one column."""

    columns: Sequence[Sequence[str]]  # the RPCs of each
    may_be: dict[str, list[set[str]]]  # by kind of fault, for each column

    def allows(self, kind: str, rpc: str, said: str) -> bool:
        """Whether a caller under that fault may be told so."""
        status, _, reason = said.partition("/")
        if said in ("OK", NO_ANSWER, HUNG_UP):
            return True
        if reason and (status, reason) not in answers()[rpc]:
            return False
        if status in FOR_GOOD:
            return bool(reason)
        column = self.column(rpc)
        return said in self.may_be[kind][column] | self.may_be[NO_FAULT][column]

    def column(self, rpc: str) -> int:
        """Where its answers stand."""
        return next(i for i, rpcs in enumerate(self.columns) if rpc in rpcs)


def promised(page: str) -> Promised:
    """Of the text of docs/reliability.md."""
    head, _, *rows = list(_rows(page.partition(HEADING)[2]))
    found: dict[str, list[set[str]]] = defaultdict(lambda: [set() for _ in head[1:]])
    for label, *cells in rows:
        told = [set(_said(cell)) for cell in cells]
        for kind in KIND.findall(label):
            for i, cell in enumerate(cells):
                found[kind][i] |= told[i] | (told[0] if SAME in cell else set())
    return Promised([cell.split(", ") for cell in head[1:]], dict(found))


def _rows(text: str) -> Iterator[list[str]]:
    """Of the first table."""
    for line in text.partition("\n## ")[0].splitlines():
        if line.startswith("|"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def _said(cell: str) -> Iterator[str]:
    """A reason goes with the status before it; a status without one is the transport's."""
    status, used = "", False
    for word in [*WORD.findall(cell), ""]:
        if word in Reason.__members__:
            yield f"{status}/{word}" if status else word
            used = True
        elif word in grpc.StatusCode.__members__ or not word:
            if status and not used:
                yield status
            status, used = word, False
        elif word == "`order_confirmed` false":
            yield UNCONFIRMED
