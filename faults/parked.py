"""F28: payments whose orders are lost stay as they are, are told by name, and keep no other from its end."""

import asyncio
from collections.abc import Iterator

import psycopg

from audit.verify import finding_of, verify
from faults.checks.base import Violation
from faults.patience import Patience
from faults.stage import Stage

LIMIT_S = 30.0  # I16
LOOK_S, TURN_S = 0.05, 0.25
AHEAD_S = 86_400.0  # whatever was begun while a clock was ahead is late, too
# What the audit names: a payment by its id; one that is being taken back by its correction's. An authorization whose
# time is about to be over is waited for: the audit may meet it when it is, and nobody has begun to take it back.
UNFINISHED = f"""
    SELECT payment_id::text, substr(u.subject, 7) FROM unconfirmed u JOIN payments p USING (payment_id, subject)
     WHERE p.correction_id IS NULL
     UNION ALL
    SELECT correction_id::text, substr(subject, 7) FROM corrections WHERE completed_at IS NULL
     UNION ALL
    SELECT payment_id::text, substr(subject, 7) FROM payments
     WHERE state = 'authorized' AND correction_id IS NULL AND expires_at <= now() + interval '{AHEAD_S} s'
"""


async def judge(stage: Stage) -> list[Violation]:
    """While they are still lost, and everything else is healed. `stage.counts` gets how many were parked."""
    lost = await stage.operator.lost()
    if not lost:
        return []
    left, violations = await _others_end(stage.postgres.plain(stage.names["payments"]), lost)
    stage.counts["parked"] += len(left)
    if not violations:
        violations += await asyncio.to_thread(lambda: list(_untold(stage, left)))
    await stage.operator.put_back()
    return violations


async def _others_end(url: str, lost: set[str]) -> tuple[dict[str, str], list[Violation]]:
    """Wait until nothing is unfinished but what belongs to lost orders; that, by its id."""
    patience = Patience(LIMIT_S, turn_s=TURN_S)
    while True:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            left: dict[str, str] = dict(await (await connection.execute(UNFINISHED)).fetchall())
        others = set(left.values()) - lost
        if not others:
            return left, []
        if patience.over():
            return left, [Violation(f"F28 {len(others)} others are unfinished while {len(lost)} orders are lost")]
        await asyncio.sleep(LOOK_S)


def _untold(stage: Stage, left: dict[str, str]) -> Iterator[Violation]:
    """The audit counts them all, and names the first ones."""
    found = [one for one in map(finding_of, verify(stage.urls, overdue_s=-AHEAD_S)) if one.name.startswith("I16")]
    counted = sum(one.violations for one in found)
    named = {line.partition(":")[0] for one in found for line in one.named}
    if counted != len(left) or not named <= left.keys():
        yield Violation(
            f"F28 {len(left)} are parked, {sorted(left)}; the audit counts {counted}, and names {sorted(named)}"
        )
