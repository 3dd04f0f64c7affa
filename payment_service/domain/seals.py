"""Seals: a hash chain over what never changes, so that an edit by whomever is found."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Chain(StrEnum):
    """What is sealed; each is a chain of its own."""

    TRANSFERS = "transfers"
    HISTORY = "history"


@dataclass(frozen=True, slots=True)
class Head:
    """The last block of a chain; block 0, position 0 and no hash before the first."""

    chain: Chain
    block: int
    position: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Block:
    """Rows sealed together: the digest of each, in the order of their positions."""

    chain: Chain
    block: int
    positions: Sequence[int]
    digests: Sequence[bytes]
    hash: bytes


def next_block(head: Head, rows: Sequence[tuple[int, bytes]]) -> Block:
    """The block that follows the head: SHA-256 over the hash before, and position and digest of each row."""
    chained = hashlib.sha256(head.hash)
    for position, digest in rows:
        chained.update(position.to_bytes(8) + digest)
    positions, digests = zip(*rows, strict=True)
    return Block(head.chain, head.block + 1, positions, digests, chained.digest())
