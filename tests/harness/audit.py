"""The invariants of DESIGN section 6, as `make verify` checks them, and when to ask."""

import asyncio
import time

from audit.verify import finding_of, verify
from tests.harness.postgres import Pair, rows

UNFINISHED = """
    SELECT (SELECT count(*) FROM unconfirmed)
         + (SELECT count(*) FROM payments WHERE state = 'authorized' AND expires_at <= now())
         + (SELECT count(*) FROM corrections WHERE completed_at IS NULL)
"""


def violations(pair: Pair, *, overdue_s: float) -> dict[str, list[str]]:
    """What is wrong, by the name of the check."""
    urls = {"orders": pair.orders_url, "payments": pair.payments_url}
    findings = [finding_of(item) for item in verify(urls, overdue_s=overdue_s)]
    return {finding.name: finding.named for finding in findings if finding.violations}


def audit(pair: Pair) -> None:
    """Assert the invariants; call it when everything is quiet, after `at_rest`: then nothing may be unfinished."""
    found = violations(pair, overdue_s=0)
    assert not found, found


async def at_rest(pair: Pair, timeout_s: float = 30.0) -> None:
    """Wait until nothing is unfinished: no payment to confirm, no correction to carry out, no time run out (I16)."""
    deadline = time.monotonic() + timeout_s
    while left := rows(pair.payments_url, UNFINISHED)[0][0]:
        assert time.monotonic() < deadline, f"I16: {left} are unfinished after {timeout_s} s"
        await asyncio.sleep(0.05)


async def quiet(pair: Pair) -> None:
    """Wait until nothing is unfinished, then assert the invariants."""
    await at_rest(pair)
    await asyncio.to_thread(audit, pair)


def charges(pair: Pair, order_id: str) -> int:
    """How often the order's payer was debited for it."""
    query = """SELECT count(*) FROM entries JOIN payments p USING (payment_id)
                WHERE p.subject = 'order:' || %s AND entries.kind = 'charge' AND entries.amount_minor < 0"""
    return int(rows(pair.payments_url, query, [order_id])[0][0])


def attempts(pair: Pair, order_id: str) -> int:
    """How many attempts to pay the order left a trace, declined ones included."""
    return int(
        rows(pair.payments_url, "SELECT count(*) FROM payments WHERE subject = 'order:' || %s", [order_id])[0][0]
    )
