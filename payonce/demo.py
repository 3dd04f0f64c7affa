"""`payonce demo`: lost replies, a crash, retries; and then the books."""

import asyncio
import signal
import tempfile
from collections import defaultdict
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from audit.count import Count, count
from audit.report import report
from payonce.callers import pay_at_once
from payonce.client import AsyncClient, PayonceError
from payonce.order.v1 import order_pb2
from payonce.payment.v1 import account_pb2
from payonce.processes import Pair
from payonce.proxy import LossyProxy
from payonce.type.v1.money_pb2 import Money
from shared.money import Money as Amount

CURRENCY = "EUR"
CUSTOMERS = {"amelie": 50_000, "bruno": 80_000, "chiara": 65_000, "daniel": 120_000, "eszter": 40_000}
PRICES = [1_999, 4_250, 899, 12_900, 3_490, 2_575, 7_999, 1_250, 15_000, 6_420]
ORDERS = 20
CALLERS = 10
QUIET_S = 30.0
Answers = dict[str, set[str]]


async def demo() -> bool:
    """Run it in a folder of its own; whether every number agrees."""
    with tempfile.TemporaryDirectory(prefix="payonce-demo-") as folder:
        Path(folder).chmod(0o755)  # noqa: ASYNC240 - PostgreSQL does not run as root, and must get in
        print("starting PostgreSQL and both services", flush=True)
        pair = Pair(Path(folder))
        try:
            await pair.start()
            return await _play(pair)
        finally:
            await pair.close()


async def _play(pair: Pair) -> bool:
    proxy = LossyProxy(pair.payment_address, probability=0.5, seed=20)
    await proxy.start()
    async with AsyncClient(pair.order_address, pair.payment_address) as client:
        orders = await _open_shop(client)
        answers, crashes = await _pay_all(pair, proxy, orders)
        await proxy.close()
        await _all_paid(client, orders)
    counted = count(pair.urls)
    _show(counted)
    verified = report(pair.urls, brief=True)
    return _verdict(counted, answers, proxy, crashes) and verified


async def _open_shop(client: AsyncClient) -> list[str]:
    kinds = dict.fromkeys(CUSTOMERS, account_pb2.ACCOUNT_KIND_CUSTOMER)
    kinds["bookshop"] = account_pb2.ACCOUNT_KIND_MERCHANT
    for name, kind in kinds.items():
        await client.create_account(name, currency_code=CURRENCY, kind=kind)
    for name, opening in CUSTOMERS.items():
        await client.deposit(name, Money(currency_code=CURRENCY, minor_units=opening), request_id=f"opening-{name}")
    names = list(CUSTOMERS)
    ids = [f"order-{i + 1:02d}" for i in range(ORDERS)]
    for i, order_id in enumerate(ids):
        customer, price = names[i % len(names)], Money(currency_code=CURRENCY, minor_units=PRICES[i % len(PRICES)])
        await client.create_order(
            order_id=order_id,
            customer_id=customer,
            payer_account_id=customer,
            payee_account_id="bookshop",
            amount=price,
        )
    return ids


async def _pay_all(pair: Pair, proxy: LossyProxy, orders: list[str]) -> tuple[Answers, int]:
    """Ten callers an order, all at once; the crash comes when half of them have their answer."""
    callers = [order_id for order_id in orders for _ in range(CALLERS)]
    half = asyncio.Event()
    columns = (TextColumn("paying through lost replies"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns) as progress:
        bar = progress.add_task("", total=len(callers))

        def answered(_: object) -> None:
            progress.advance(bar)
            if progress.tasks[bar].completed >= len(callers) // 2:
                half.set()

        async def crash() -> int:
            await half.wait()
            status = await pair.kill_payment()
            await pair.start_payment()
            return status

        def connect() -> AsyncClient:
            return AsyncClient(pair.order_address, proxy.address, timeout_s=5.0, attempts=3)

        heard, status = await asyncio.gather(pay_at_once(callers, connect, answered=answered), crash())
    answers: Answers = defaultdict(set)
    for order_id, answer in heard:
        if isinstance(answer, PayonceError):
            raise answer
        answers[order_id].add(answer.payment.payment_id)
    return answers, int(status == -signal.SIGKILL)


async def _all_paid(client: AsyncClient, orders: list[str]) -> None:
    """Until every order is PAID; the completer needs a moment after a crash."""
    async with asyncio.timeout(QUIET_S):
        for order_id in orders:
            while (await client.get_order(order_id)).status != order_pb2.ORDER_STATUS_PAID:
                await asyncio.sleep(0.1)


def _show(counted: Count) -> None:
    table = Table(title="The customers")
    for heading in ("customer", "opening", "orders", "charged", "closing", "expected"):
        table.add_column(heading, justify="left" if heading == "customer" else "right")
    for name, customer in sorted(counted.customers.items()):
        expected = customer.opening - counted.owed_by_customer.get(name, 0)
        amounts = [str(Amount(CURRENCY, n)) for n in (customer.opening, customer.charged, customer.closing, expected)]
        table.add_row(name, amounts[0], str(counted.orders_by_customer.get(name, 0)), *amounts[1:])
    Console().print(table)


def _verdict(counted: Count, answers: Answers, proxy: LossyProxy, crashes: int) -> bool:
    """The last line; and whether all of it is as it must be."""
    as_expected = all(
        customer.closing == customer.opening - counted.owed_by_customer.get(name, 0)
        and CUSTOMERS[name] == customer.opening
        for name, customer in counted.customers.items()
    )
    one_answer = len(answers) == ORDERS and all(len(payment_ids) == 1 for payment_ids in answers.values())
    balanced = counted.balanced and as_expected
    if not one_answer:
        print("demo: callers of one order were given different payments")
    print(
        f"demo: orders={counted.orders_paid} requests={proxy.requests} replies_lost={proxy.replies_lost} "
        f"crashes={crashes} charges={counted.charges} double_charges={counted.double_charges} "
        f"ledger={'balanced' if balanced else 'UNBALANCED'}",
        flush=True,
    )
    right = (counted.orders_paid, counted.charges, counted.double_charges, crashes) == (ORDERS, ORDERS, 0, 1)
    return right and balanced and one_answer and proxy.replies_lost > 0
