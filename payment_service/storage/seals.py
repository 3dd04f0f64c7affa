"""Statements that seal. A digest is made of every column, so that no edit goes unseen."""

from collections.abc import Sequence

import sqlalchemy as sa

from payment_service.domain.seals import Block, Chain, Head
from payment_service.storage.schema import seal_heads, seals
from shared.database import Connection

_LEG = """{0}.account_id, {0}.sequence, {0}.transfer_id, {0}.kind, {0}.payment_id, {0}.currency, {0}.amount_minor,
          {0}.balance_after_minor, (extract(epoch FROM {0}.created_at) * 1000000)::bigint"""
DIGESTS = {
    Chain.TRANSFERS: sa.text(
        f"""
        SELECT t.position, sha256(convert_to(json_build_array(
                   t.position, t.transfer_id, t.kind, t.payment_id,
                   (extract(epoch FROM t.created_at) * 1000000)::bigint,
                   {_LEG.format("s")}, {_LEG.format("g")})::text, 'UTF8')) AS digest
          FROM transfers t
          LEFT JOIN entries s ON s.account_id = t.source_account_id AND s.sequence = t.source_sequence
          LEFT JOIN entries g ON g.account_id = t.target_account_id AND g.sequence = t.target_sequence
         WHERE t.position > :after AND t.position <= :until
         ORDER BY t.position LIMIT :limit
        """  # noqa: S608 - made of constants
    ),
    Chain.HISTORY: sa.text(
        """
        SELECT position, sha256(convert_to(json_build_array(
                   position, subject, payment_id, event, actor, reason, amount_minor,
                   (extract(epoch FROM created_at) * 1000000)::bigint)::text, 'UTF8')) AS digest
          FROM history
         WHERE position > :after AND position <= :until
         ORDER BY position LIMIT :limit
        """
    ),
}
NEWEST = {chain: f"SELECT coalesce(max(position), 0) FROM {chain}" for chain in Chain}  # noqa: S608


async def newest(connection: Connection, chain: Chain) -> int:
    """The newest position in sight; 0 when there is none."""
    return int((await connection.execute(sa.text(NEWEST[chain]))).scalar_one())


async def number(connection: Connection) -> int:
    """A transaction number of our own: greater than every one that was given out before."""
    query = sa.text("SELECT pg_current_xact_id()::text::bigint")
    return int((await connection.execute(query)).scalar_one())


async def oldest_under_way(connection: Connection) -> int:
    """Every transaction with a smaller number than this has ended."""
    query = sa.text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    return int((await connection.execute(query)).scalar_one())


async def lock_head(connection: Connection, chain: Chain) -> Head | None:
    """The head, locked until the transaction ends; None when another sealer has it."""
    query = sa.select(seal_heads).where(seal_heads.c.chain == chain).with_for_update(skip_locked=True)
    row = (await connection.execute(query)).one_or_none()
    return Head(chain, row.block, row.position, row.hash) if row else None


async def digests(connection: Connection, head: Head, *, until: int, limit: int) -> Sequence[tuple[int, bytes]]:
    """Position and digest of the rows after the head, up to the position `until`."""
    values = {"after": head.position, "until": until, "limit": limit}
    return [(row.position, row.digest) for row in await connection.execute(DIGESTS[head.chain], values)]


async def append(connection: Connection, block: Block) -> None:
    """Write a block."""
    values = {
        "chain": block.chain,
        "block": block.block,
        "positions": list(block.positions),
        "digests": list(block.digests),
        "hash": block.hash,
    }
    await connection.execute(sa.insert(seals).values(values))


async def move_head(connection: Connection, block: Block) -> None:
    """Make the block the chain's head."""
    query = (
        sa.update(seal_heads)
        .where(seal_heads.c.chain == block.chain)
        .values(block=block.block, position=block.positions[-1], hash=block.hash)
    )
    await connection.execute(query)
