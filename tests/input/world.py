"""A pair of services with people, orders, payments and tickets in every state, for requests to hit or to miss."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import psycopg

from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import account_pb2, payment_service_pb2
from tests.harness import corrections
from tests.harness.money import order, pay_confirmed, put, seed
from tests.harness.postgres import Pair, raw
from tests.harness.refusals import TABLES
from tests.harness.services import Services, services
from tests.harness.stubs import Stubs
from tests.input.wire import Known

# Chosen by the tests: known before anything runs.
PAYERS = ["ann"] * 5 + ["bob", "broke", "yen", "shop", "nobody"]
PAYEES = ["shop"] * 8 + ["yen-shop", "ann", "nobody"]
PEOPLE = ["ann", "ann", "bob", "broke", "yen", "shop", "shop", "nobody"]
UNPAID = [f"unpaid-{i}" for i in range(24)]
ORDERS = [
    "paid",
    "refunded",
    "cancelled",
    "reversed",
    "too-dear",
    "held-0",
    *UNPAID,
    *(f"nowhere-{i}" for i in range(8)),
]


@dataclass(frozen=True)
class World:
    """What is known of it. `known` gains the ids that the services chose, once they run."""

    running: Services
    known: Known

    @property
    def pair(self) -> Pair:
        return self.running.pair

    def address(self, package: str) -> str:
        """Of the service that a proto package belongs to."""
        return self.running.order.address if package == "payonce.order.v1" else self.running.payments[0].address


def unmade() -> dict[str, list[str]]:
    """What requests may name; empty where the services choose."""
    return {
        "payer_account_id": PAYERS, "payee_account_id": PAYEES, "account_id": PEOPLE,
        "order_id": ORDERS, "order_ids": ORDERS, "customer_id": PEOPLE, "owner_id": PEOPLE,
        "payment_id": [], "ticket": [], "request_id": [f"r-{i}" for i in range(8)], "page_token": [],
        "currency_code": ["EUR"] * 14 + ["JPY", "USD"], "reason": ["", "why"], "description": ["", "what"],
    }  # fmt: skip


@contextlib.asynccontextmanager
async def world(pair: Pair, known: dict[str, list[str]]) -> AsyncIterator[World]:
    """Both services over `pair`, peopled."""
    async with services(pair) as running, Stubs(running.order.address, running.payments[0].address) as stubs:
        await _people(stubs)
        await _payments(stubs, known)
        await _tickets(stubs, known)
        await _tokens(stubs, known)
        yield World(running, known)


async def _people(stubs: Stubs) -> None:
    await seed(stubs, "ann", deposit=10**9)
    await seed(stubs, "bob", deposit=10**9)
    await seed(stubs, "broke", deposit=0)
    await seed(stubs, "yen", "yen-shop", deposit=10**9, currency="JPY")
    await put(stubs, "ann", 5, request_id="r-0")


async def _payments(stubs: Stubs, known: dict[str, list[str]]) -> None:
    for i, order_id in enumerate(UNPAID):
        await order(stubs, order_id, 5, customer=("ann", "bob")[i % 2])
    await order(stubs, "too-dear", 5, customer="broke")
    for order_id in ("paid", "refunded", "reversed", "cancelled"):
        await order(stubs, order_id, 100, customer="ann")
    ids = known["payment_id"]
    for order_id in ("paid", "refunded", "reversed"):
        ids.append((await pay_confirmed(stubs, order_id)).payment.payment_id)
    await corrections.refund(stubs, ids[1], 100, "r-1")
    await corrections.reverse(stubs, order_id="reversed")
    await stubs.orders.CancelOrder(order_service_pb2.CancelOrderRequest(order_id="cancelled"))
    for i in range(4):
        await order(stubs, f"held-{i}", 5, customer="ann")
        ids.append((await corrections.authorize(stubs, f"held-{i}")).payment.payment_id)
    ids.append(corrections.NEVER)


async def _tickets(stubs: Stubs, known: dict[str, list[str]]) -> None:
    for payee, amount in (("", 0), ("", 0), ("shop", 0), ("shop", 5), ("", 5)):
        known["ticket"].append(await corrections.ticket(stubs, "ann", payee, amount))
    await corrections.use(stubs, known["ticket"][0], "shop", 5)
    known["ticket"].append("A" * 22)


async def _tokens(stubs: Stubs, known: dict[str, list[str]]) -> None:
    pages: list[Any] = [
        await stubs.orders.ListOrders(order_service_pb2.ListOrdersRequest(page_size=1)),
        await stubs.payments.ListAccounts(account_pb2.ListAccountsRequest(page_size=1)),
        await stubs.payments.ListPayments(payment_service_pb2.ListPaymentsRequest(page_size=1)),
        await stubs.payments.ListEntries(account_pb2.ListEntriesRequest(account_id="ann", page_size=1)),
    ]
    known["page_token"] += ["", "", *(page.next_page_token for page in pages)]
    assert all(known["page_token"][2:])


def told(table: str) -> str:
    """Which of the table's rows nobody writes but who was asked to."""
    return "event <> 'confirmed'" if table == "history" else "true"


class Books:
    """What both databases hold, as one short value for each table.

    What follows by itself is left out: seals, and that a payment was confirmed.
    """

    def __init__(self, pair: Pair) -> None:
        self._connections = [psycopg.connect(raw(url), autocommit=True) for url in (pair.orders_url, pair.payments_url)]
        self._queries = [self._query(connection) for connection in self._connections]

    def contents(self) -> dict[str, str]:
        """Table by table: how many rows, and a sum over them that changes with each."""
        return {
            str(table): str(sums)
            for connection, query in zip(self._connections, self._queries, strict=True)
            for table, sums in connection.execute(query.encode()).fetchall()
        }

    def balances(self) -> str:
        """What everybody has."""
        query = b"SELECT array_agg((account_id, balance_minor) ORDER BY 1)::text FROM accounts"
        return str(self._connections[1].execute(query).fetchall())

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def _query(self, connection: "psycopg.Connection[tuple[object, ...]]") -> str:
        tables = [str(table) for (table,) in connection.execute(TABLES.replace("%%", "%").encode()).fetchall()]
        return " UNION ALL ".join(
            f"SELECT '{table}', (count(*), sum(hashtextextended(t::text, 0)))::text FROM {table} t WHERE {told(table)}"
            for table in tables
            if table != "unconfirmed"
        )
