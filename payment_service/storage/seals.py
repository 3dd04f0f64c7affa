"""Statements that seal. A digest is made of every column, so that no edit goes unseen."""

import sqlalchemy as sa

from payment_service.domain.seals import Chain, Head
from payment_service.storage.schema import seal_heads
from shared.database import Connection

_LEG = """{0}.account_id, {0}.sequence, {0}.transfer_id, {0}.kind, {0}.payment_id, {0}.currency, {0}.amount_minor,
          {0}.balance_after_minor, (extract(epoch FROM {0}.created_at) * 1000000)::bigint"""
ROWS = {
    Chain.TRANSFERS: f"""
        SELECT t.position, json_build_array(
                   t.position, t.transfer_id, t.kind, t.payment_id,
                   (extract(epoch FROM t.created_at) * 1000000)::bigint,
                   {_LEG.format("s")}, {_LEG.format("g")}) AS content
          FROM transfers t
          LEFT JOIN entries s ON s.account_id = t.source_account_id AND s.sequence = t.source_sequence
          LEFT JOIN entries g ON g.account_id = t.target_account_id AND g.sequence = t.target_sequence
         WHERE t.position > :after AND t.position <= :until
         ORDER BY t.position LIMIT :limit
    """,  # noqa: S608 - made of constants
    Chain.HISTORY: """
        SELECT position, json_build_array(
                   position, subject, payment_id, event, actor, reason, amount_minor,
                   (extract(epoch FROM created_at) * 1000000)::bigint) AS content
          FROM history
         WHERE position > :after AND position <= :until
         ORDER BY position LIMIT :limit
    """,
}
# The hash of a block is SHA-256 over the hash of the block before and, for each row, its position as 8 bytes and its
# digest. Made where the rows are: what is sealed need not travel.
SEAL = {
    chain: sa.text(
        f"""
        WITH rows AS MATERIALIZED ({rows}),
             digests AS MATERIALIZED (
             SELECT position, sha256(convert_to(content::text, 'UTF8')) AS digest FROM rows)
        INSERT INTO seals (chain, block, positions, digests, hash)
        SELECT :chain, :block, array_agg(position ORDER BY position), array_agg(digest ORDER BY position),
               sha256(:hash || string_agg(int8send(position) || digest, ''::bytea ORDER BY position))
          FROM digests HAVING count(*) > 0
     RETURNING positions[cardinality(positions)] AS position, hash, cardinality(positions) AS size
        """  # noqa: S608 - made of constants
    ).bindparams(sa.bindparam("hash", type_=sa.LargeBinary))
    for chain, rows in ROWS.items()
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


async def append(connection: Connection, head: Head, *, until: int, limit: int) -> tuple[Head, int] | None:
    """Write the block of the rows after the head, up to the position `until`; the head then, and how many rows."""
    values = {"chain": head.chain, "block": head.block + 1, "hash": head.hash}
    values |= {"after": head.position, "until": until, "limit": limit}
    row = (await connection.execute(SEAL[head.chain], values)).one_or_none()
    return (Head(head.chain, head.block + 1, row.position, row.hash), row.size) if row else None


async def move_head(connection: Connection, head: Head) -> None:
    """Make this the chain's head."""
    query = (
        sa.update(seal_heads)
        .where(seal_heads.c.chain == head.chain)
        .values(block=head.block, position=head.position, hash=head.hash)
    )
    await connection.execute(query)
