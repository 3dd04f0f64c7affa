"""The hash chains over transfers and history, computed again: what was edited, removed or slipped in is named.

Each row has a digest of all its columns; a block lists positions and digests, and its hash is SHA-256 over the hash of
the block before and, for each row, its position as 8 bytes (big-endian) and its digest. Who can rewrite every block
and the head can hide an edit: so keep the heads that are printed where he can't, and compare them with `seals` later.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from audit.check import NAMED, Finding
from audit.databases import Connection

FETCH = 2000
_LEG = """{0}.account_id, {0}.sequence, {0}.transfer_id, {0}.kind, {0}.payment_id, {0}.currency, {0}.amount_minor,
          {0}.balance_after_minor, (extract(epoch FROM {0}.created_at) * 1000000)::bigint"""
ROWS = {
    "transfers": f"""
        SELECT t.position, t.transfer_id::text, sha256(convert_to(json_build_array(
                   t.position, t.transfer_id, t.kind, t.payment_id,
                   (extract(epoch FROM t.created_at) * 1000000)::bigint,
                   {_LEG.format("s")}, {_LEG.format("g")})::text, 'UTF8'))
          FROM transfers t
          LEFT JOIN entries s ON s.account_id = t.source_account_id AND s.sequence = t.source_sequence
          LEFT JOIN entries g ON g.account_id = t.target_account_id AND g.sequence = t.target_sequence
         ORDER BY t.position
    """,  # noqa: S608 - made of constants
    "history": """
        SELECT position, subject || ' ' || event || ' of payment ' || payment_id, sha256(convert_to(json_build_array(
                   position, subject, payment_id, event, actor, reason, amount_minor,
                   (extract(epoch FROM created_at) * 1000000)::bigint)::text, 'UTF8'))
          FROM history ORDER BY position
    """,
}
BLOCKS = "SELECT block, positions, digests, hash FROM seals WHERE chain = %s ORDER BY block"
HEAD = "SELECT block, position, hash FROM seal_heads WHERE chain = %s"


class Row(NamedTuple):
    """A row of the ledger or the history as it is now."""

    position: int
    name: str
    digest: bytes


class Head(NamedTuple):
    """The end of a chain; as it is before the first block unless given."""

    block: int = 0
    position: int = 0
    hash: bytes = b""


@dataclass(frozen=True, slots=True)
class Chain:
    """What became of checking a chain. `unsealed` rows are younger than its head."""

    finding: Finding
    name: str
    head: Head
    unsealed: int


def check_chain(
    connection: Connection,
    name: str,
    rows: int,
    advance: Callable[[int], None],
    name_at_most: int | None = NAMED,
) -> Chain:
    """Walk along the blocks and the rows at the same time; `advance` is told how many rows were looked at."""
    finding = Finding(f"I15 no sealed line of {name} was edited, removed or added", rows, name_at_most=name_at_most)
    there = _rows(connection, name)
    row = next(there, None)
    end = Head()
    for block, positions, digests, found in _read(connection, f"blocks_{name}", BLOCKS, [name], 1):
        if block != end.block + 1:
            finding.blame(f"seals {name} block {end.block + 1}", f"is not there; the next is {block}")
        if _hash(end.hash, positions, digests) != found or positions[0] <= end.position:
            finding.blame(f"seals {name} block {block}", "does not follow from the block before")
        for position, digest in zip(positions, digests, strict=True):
            while row and row.position < position:
                finding.blame(f"{name} {row.name}", f"at position {row.position} was never sealed, later ones were")
                row = next(there, None)
            if row is None or row.position > position:
                finding.blame(f"{name} position {position}", "was removed after it was sealed")
                continue
            if row.digest != digest:
                finding.blame(f"{name} {row.name}", f"at position {position} was edited after it was sealed")
            row = next(there, None)
        end = Head(block, positions[-1], found)
        advance(len(positions))
    unsealed = int(row is not None) + sum(1 for _ in there)
    head = connection.execute(HEAD, [name]).fetchone()
    if head is None or Head._make(head) != end:
        finding.blame(f"seal_heads {name}", f"is not block {end.block}, position {end.position}, the end of the chain")
    return Chain(finding, name, end, unsealed)


def _hash(before: bytes, positions: list[int], digests: list[bytes]) -> bytes:
    chained = hashlib.sha256(before)
    for position, digest in zip(positions, digests, strict=True):
        chained.update(position.to_bytes(8, "big", signed=True) + digest)
    return chained.digest()


def _rows(connection: Connection, name: str) -> Iterator[Row]:
    return map(Row._make, _read(connection, f"rows_{name}", ROWS[name], [], FETCH))


def _read(connection: Connection, cursor_name: str, query: str, values: list[Any], size: int) -> Iterator[Any]:
    with connection.cursor(cursor_name) as cursor:
        cursor.itersize = size
        cursor.execute(query.encode(), values)
        yield from cursor
