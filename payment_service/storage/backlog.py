"""What is left to do, as numbers. Each statement reads what is under way, and nothing that grows with payments."""

from typing import NamedTuple

import sqlalchemy as sa

from payment_service.domain.seals import Chain
from shared.database import Connection

# So many of the oldest are looked at for their age. They are found by the key: payment ids are ordered by time. Only a
# capture is younger than its payment's id, so that beyond so many the age is at least what is told.
LOOKED_AT = 100
# A payment that was asked about so often, which takes half a minute, does not get through by itself.
PARKED_CHECKS = 8


class Left(NamedTuple):
    """How many there are, and the age of the oldest in seconds; 0 when there is none."""

    number: int
    oldest_s: float
    parked: int = 0


UNCONFIRMED = sa.text("SELECT count(*) AS number, count(*) FILTER (WHERE checks >= :parked) AS parked FROM unconfirmed")


async def unconfirmed(connection: Connection) -> tuple[int, int]:
    """How many payments' orders are not known to be PAID by them; how many of these are parked."""
    row = (await connection.execute(UNCONFIRMED, {"parked": PARKED_CHECKS})).one()
    return row.number, row.parked


# To be looked up by their keys (`payments.by_keys_alone`), whatever the planner once believed of these tables.
OLDEST = sa.text(
    """
    SELECT extract(epoch FROM now() - min(charged.at)) AS oldest_s
      FROM (SELECT subject, payment_id FROM unconfirmed ORDER BY payment_id, subject LIMIT :limit) AS u,
           LATERAL (SELECT max(h.created_at) AS at FROM history h
                     WHERE h.subject = u.subject AND h.payment_id = u.payment_id
                       AND h.event IN ('charged', 'captured')) AS charged
    """
)


async def oldest_unconfirmed(connection: Connection) -> float:
    """Seconds since the charge of the oldest of them; 0 when there is none any more."""
    return float((await connection.execute(OLDEST, {"limit": LOOKED_AT})).scalar_one() or 0)


CORRECTIONS = sa.text(
    """
    SELECT count(*) AS number, coalesce(extract(epoch FROM now() - min(created_at)), 0) AS oldest_s
      FROM corrections WHERE completed_at IS NULL
    """
)


async def corrections(connection: Connection) -> Left:
    """Refunds, reversals and voids that were begun and are not done."""
    row = (await connection.execute(CORRECTIONS)).one()
    return Left(row.number, float(row.oldest_s))


UNSEALED = {
    chain: sa.text(
        f"""
        SELECT coalesce((SELECT max(position) FROM {chain}), 0) - position FROM seal_heads WHERE chain = '{chain}'
        """  # noqa: S608 - made of constants
    )
    for chain in Chain
}


async def unsealed(connection: Connection, chain: Chain) -> int:
    """How far the chain is behind, in positions; a few of them may never have had a row."""
    return int((await connection.execute(UNSEALED[chain])).scalar_one())
