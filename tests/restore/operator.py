"""What an operator types after a restore."""

import asyncio
import sys
from asyncio.subprocess import PIPE

from audit.verify import finding_of, verify
from tests.harness.postgres import Pair
from tests.harness.services import ROOT, Services, environment


async def reconcile(running: Services, *arguments: str) -> tuple[int, list[str]]:
    """`python -m payment_service reconcile`: its exit status and its lines."""
    env = {"PAYMENT_DATABASE_URL": running.pair.payments_login, "PAYMENT_ORDER_SERVICE": running.order.address}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "payment_service", "reconcile", *arguments,
        env=environment(env), cwd=ROOT, stdout=PIPE,
    )  # fmt: skip
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode().splitlines()


def named(pair: Pair) -> list[str]:
    """Every offender, as `payonce verify --all` names it."""
    urls = {"orders": pair.orders_url, "payments": pair.payments_url}
    return [offender for item in verify(urls, name_at_most=None) for offender in finding_of(item).named]
