"""The sync client: from threads, beside event loops, after a fork, and when it is forgotten."""

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from payonce.client import AsyncClient, Client, InsufficientFunds
from payonce.payment.v1 import account_pb2
from tests.harness.money import money
from tests.harness.services import Services

THREADS = 8


@pytest.fixture
def addresses(running: Services) -> tuple[str, str]:
    return running.order.address, running.payments[0].address


def pay_from_threads(addresses: tuple[str, str]) -> None:
    with Client(*addresses) as client:
        client.create_account("sync-ann", currency_code="EUR", kind=account_pb2.ACCOUNT_KIND_CUSTOMER)
        client.create_account("sync-shop", currency_code="EUR", kind=account_pb2.ACCOUNT_KIND_MERCHANT)
        client.deposit("sync-ann", money(1_000))
        for order_id in ("sync-1", "sync-2"):
            client.create_order(
                order_id=order_id, customer_id="sync-ann", payer_account_id="sync-ann",
                payee_account_id="sync-shop", amount=money(600),
            )  # fmt: skip
        with ThreadPoolExecutor(THREADS) as threads:
            paid = list(threads.map(lambda _: client.pay_order("sync-1"), range(THREADS)))
        assert len({one.payment.payment_id for one in paid}) == 1
        assert sorted(one.replayed for one in paid) == [False] + [True] * (THREADS - 1)
        with pytest.raises(InsufficientFunds) as caught:
            client.pay_order("sync-2")
        assert caught.value.metadata["order_id"] == "sync-2"
        assert [entry.amount.minor_units for entry in client.iter_entries("sync-ann", page_size=1)] == [-600, 1_000]


async def test_many_threads_share_one(addresses: tuple[str, str]) -> None:
    await asyncio.to_thread(pay_from_threads, addresses)


async def test_inside_a_running_loop_it_says_what_to_use(addresses: tuple[str, str]) -> None:
    with Client(*addresses) as client, pytest.raises(RuntimeError, match="use AsyncClient"):
        client.get_account("nobody")


async def test_a_closed_client_says_so(addresses: tuple[str, str]) -> None:
    client = AsyncClient(*addresses)
    await client.close()
    with pytest.raises(RuntimeError, match="closed"):
        await client.get_account("nobody")
    sync = Client(*addresses)
    sync.close()
    sync.close()
    with pytest.raises(RuntimeError, match="closed"):
        await asyncio.to_thread(sync.get_account, "nobody")


FORKS = """
import os, sys
from payonce.client import Client, NotFound
used, unused = Client(*sys.argv[1:]), Client(*sys.argv[1:])
def absent(client):
    try:
        client.get_account("nobody")
    except NotFound:
        return True
def child():
    try:
        used.get_account("nobody")
    except RuntimeError as error:
        used.close()
        return 7 if "forked" in str(error) else 8
if sys.argv[0] and os.environ["USE"] == "before":
    absent(used)
    pid = os.fork()
    if pid == 0:
        os._exit(child())
else:
    pid = os.fork()
    if pid == 0:
        os._exit(7 if absent(unused) else 9)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), absent(used))
"""


@pytest.mark.parametrize("use", ["before", "after"])
async def test_after_a_fork(addresses: tuple[str, str], use: str) -> None:
    """One that was used before says so in the child, and goes on in the parent; one that was not is the child's."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FORKS, *addresses, env={"USE": use}, stdout=subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(), 30)
    assert out.split() == [b"7", b"True"]


FORGETS = """
import sys
from payonce.client import Client, NotFound
client = Client(*sys.argv[1:])
try:
    client.get_account("nobody")
except NotFound:
    print("absent")
"""


async def test_one_that_is_not_closed_holds_nobody_up(addresses: tuple[str, str]) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FORGETS, *addresses, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 30)
    assert (process.returncode, out, err) == (0, b"absent\n", b"")
