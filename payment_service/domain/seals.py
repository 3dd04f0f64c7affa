"""Seals: a hash chain over what never changes, so that an edit by whomever is found."""

from enum import StrEnum
from typing import NamedTuple


class Chain(StrEnum):
    """What is sealed; each is a chain of its own."""

    TRANSFERS = "transfers"
    HISTORY = "history"


class Head(NamedTuple):
    """The last block of a chain; block 0, position 0 and no hash before the first."""

    chain: Chain
    block: int
    position: int
    hash: bytes
