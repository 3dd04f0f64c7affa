"""docs/integrate.md: payment_service over an order system that is not ours; and the check of others' own."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from payonce.payment.v1 import payment_pb2, refund_pb2
from tests.docs.shops import Shop, checked, shop
from tests.harness.money import balance, money, order, pay, pay_marked, pay_once, seed
from tests.harness.postgres import Pair
from tests.harness.retries import retried
from tests.harness.services import ROOT, Running, Services
from tests.harness.stubs import Stubs
from tests.rpc.common import FAILED, refusal

IDS = ("a", "b", "c", "d")


@pytest.fixture
async def a_shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(tmp_path) as running:
        yield running


@pytest.fixture
async def paying(a_shop: Shop, pair: Pair) -> AsyncIterator[Stubs]:
    """payment_service, whose orders are the shop's; alice has 100.00."""
    payments = await Running.start("payment_service", {
        "PAYMENT_DATABASE_URL": pair.payments_login, "PAYMENT_LISTEN": "127.0.0.1:0",
        "PAYMENT_ORDER_SERVICE": a_shop.address,
    })  # fmt: skip
    try:
        async with Stubs(a_shop.address, payments.address) as stubs:
            await seed(stubs)
            yield stubs
    finally:
        await payments.forget()


async def test_a_purchase_is_paid_once(a_shop: Shop, paying: Stubs) -> None:
    a_shop.sell("p-1")
    answers = await asyncio.gather(*(pay_marked(paying, "p-1") for _ in range(20)))
    assert len({answer.payment.payment_id for answer, _ in answers}) == 1
    assert [replayed for _, replayed in answers].count(False) == 1
    assert a_shop.state("p-1") == "paid"
    assert (await balance(paying, "alice"), await balance(paying, "shop")) == (9_000, 1_000)


async def test_what_the_shop_cancels_is_not_charged(a_shop: Shop, paying: Stubs) -> None:
    """While it is being paid, too: paid or cancelled, never both."""
    numbers = [f"p-{i}" for i in range(20)]
    a_shop.sell(*numbers, cents=100)
    paid = [asyncio.create_task(pay(paying, number)) for number in numbers]
    cancelled = [await asyncio.to_thread(a_shop.cancel, number) for number in numbers]
    await asyncio.gather(*paid, return_exceptions=True)
    assert [a_shop.state(number) for number in numbers] == ["cancelled" if one else "paid" for one in cancelled]
    assert await balance(paying, "alice") == 10_000 - 100 * cancelled.count(False)
    a_shop.sell("p-late")
    assert a_shop.cancel("p-late")
    await refusal(pay_once(paying, "p-late"), FAILED, "ORDER_CANCELLED")


async def test_what_is_given_back_is_final_in_the_shop(a_shop: Shop, paying: Stubs) -> None:
    a_shop.sell("p-1", "p-2")
    payment = (await pay(paying, "p-1")).payment
    refund = refund_pb2.RefundPaymentRequest(payment_id=payment.payment_id, amount=money(1_000), request_id="r-1")
    await retried(lambda: paying.payments.RefundPayment(refund))
    assert a_shop.state("p-1") == "refunded"
    # What never was paid, and never will be.
    await retried(lambda: paying.payments.ReversePayment(refund_pb2.ReversePaymentRequest(order_id="p-2")))
    assert a_shop.state("p-2") == "cancelled"
    assert await balance(paying, "alice") == 10_000


async def test_a_shop_that_dies_is_waited_for(a_shop: Shop, paying: Stubs) -> None:
    a_shop.sell(*(f"p-{i}" for i in range(10)), cents=100)
    paid = [asyncio.create_task(pay(paying, f"p-{i}")) for i in range(10)]
    await asyncio.wait(paid, return_when=asyncio.FIRST_COMPLETED)
    await a_shop.kill()
    await a_shop.start()
    assert all(one.payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED for one in await asyncio.gather(*paid))
    async with asyncio.timeout(30):
        while any(a_shop.state(f"p-{i}") != "paid" for i in range(10)):
            await asyncio.sleep(0.1)
    assert await balance(paying, "alice") == 9_000


async def test_the_check_passes_what_is_right(a_shop: Shop, running: Services, stubs: Stubs) -> None:
    a_shop.sell(*IDS)
    ours = [f"check-{one}" for one in IDS]
    await asyncio.gather(*(order(stubs, one) for one in ours))
    for address, ids in ((a_shop.address, IDS), (running.order.address, ours)):
        status, said = await checked(address, *ids)
        assert (status, said.splitlines()[-1]) == (0, "check: broken=0"), said


BROKEN = {
    "no condition on the flip": (" WHERE number = :number AND state = 'open'\n", " WHERE number = :number\n"),
    "anybody ends it": (" OR state = 'paid' AND payment_id = :payment_id)", " OR state = 'paid')"),
    "refunded is not final": ("AND state = 'open'\n", "AND state IN ('open', 'refunded')\n"),
    "another payment is told that it was done": ('or found["payment_id"] == pair.payment_id', "or True"),
    "no payment is kept": ("SET state = 'paid', payment_id = :payment_id", "SET state = 'paid'"),
    "cancelled on the way back is refused": ('{"refunded", "cancelled"}', '{"refunded"}'),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_the_check_finds_what_is_wrong(tmp_path: Path, what: str) -> None:
    async with shop(tmp_path, BROKEN[what]) as broken:
        broken.sell(*IDS)
        status, said = await checked(broken.address, *IDS)
        assert status == 1, said


def test_the_page_shows_the_statements_that_the_shop_runs() -> None:
    page = (ROOT / "docs" / "integrate.md").read_text()
    source = (ROOT / "docs" / "examples" / "shop.py").read_text()
    shown = [part.partition("\n```")[0] for part in page.split("```sql\n")[1:]]
    assert len(shown) == 2
    assert all(statement in source for statement in shown)
