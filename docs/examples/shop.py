"""An order system that was there before payonce, and the three methods that payment_service asks of it.

    python shop.py shop.db 127.0.0.1:50061

Its table and its words are its own; only `OrderService` below speaks payonce's.
"""

import contextlib
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from concurrent import futures
from pathlib import Path

import grpc

from payonce.order.v1 import order_pb2, order_service_pb2
from payonce.order.v1.order_service_pb2_grpc import OrderServiceServicer, add_OrderServiceServicer_to_server
from payonce.type.v1.money_pb2 import Money

SCHEMA = """
CREATE TABLE IF NOT EXISTS purchases (
    number     TEXT PRIMARY KEY,
    buyer      TEXT NOT NULL,
    wallet     TEXT NOT NULL,
    shop       TEXT NOT NULL,
    cents      INTEGER NOT NULL,
    state      TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'paid', 'cancelled', 'refunded')),
    payment_id TEXT
)
"""
PAY = """
UPDATE purchases
   SET state = 'paid', payment_id = :payment_id
 WHERE number = :number AND state = 'open'
"""
GIVE_BACK = """
UPDATE purchases
   SET state = CASE state WHEN 'paid' THEN 'refunded' ELSE 'cancelled' END
 WHERE number = :number AND (state = 'open' OR state = 'paid' AND payment_id = :payment_id)
"""
STATUS = {
    "open": order_pb2.ORDER_STATUS_UNPAID,
    "paid": order_pb2.ORDER_STATUS_PAID,
    "cancelled": order_pb2.ORDER_STATUS_CANCELLED,
    "refunded": order_pb2.ORDER_STATUS_REFUNDED,
}


class OrderService(OrderServiceServicer):
    """What payment_service asks. Nothing else of payonce's OrderService is needed."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def BatchGetOrders(  # noqa: N802
        self, request: order_service_pb2.BatchGetOrdersRequest, _: grpc.ServicerContext
    ) -> order_service_pb2.BatchGetOrdersResponse:
        """The orders that exist."""
        with opened(self._file) as database:
            rows = [database.execute("SELECT * FROM purchases WHERE number = ?", [n]) for n in request.order_ids]
            return order_service_pb2.BatchGetOrdersResponse(orders=[order(row) for found in rows for row in found])

    def MarkOrdersPaid(  # noqa: N802
        self, request: order_service_pb2.MarkOrdersPaidRequest, _: grpc.ServicerContext
    ) -> order_service_pb2.MarkOrdersPaidResponse:
        """Open → paid, once."""
        return order_service_pb2.MarkOrdersPaidResponse(verdicts=self._take(PAY, {"paid"}, request.payments))

    def MarkOrdersRefunded(  # noqa: N802
        self, request: order_service_pb2.MarkOrdersRefundedRequest, _: grpc.ServicerContext
    ) -> order_service_pb2.MarkOrdersRefundedResponse:
        """Paid by this payment → refunded, open → cancelled; both final."""
        verdicts = self._take(GIVE_BACK, {"refunded", "cancelled"}, request.payments)
        return order_service_pb2.MarkOrdersRefundedResponse(verdicts=verdicts)

    def _take(
        self, update: str, there: set[str], pairs: Sequence[order_service_pb2.OrderPayment]
    ) -> list[order_service_pb2.OrderVerdict]:
        with opened(self._file) as database:
            return [verdict(database, update, there, pair) for pair in pairs]


def verdict(
    database: sqlite3.Connection, update: str, there: set[str], pair: order_service_pb2.OrderPayment
) -> order_service_pb2.OrderVerdict:
    """The row decides: who changed it is told DONE, whoever came later reads what stands there."""
    changed = database.execute(update, {"number": pair.order_id, "payment_id": pair.payment_id}).rowcount
    found = database.execute("SELECT * FROM purchases WHERE number = ?", [pair.order_id]).fetchone()
    if found is None:
        return order_service_pb2.OrderVerdict(order_id=pair.order_id, verdict=order_service_pb2.VERDICT_NOT_FOUND)
    if changed:
        said = order_service_pb2.VERDICT_DONE
    elif found["state"] in there and (found["state"] == "cancelled" or found["payment_id"] == pair.payment_id):
        said = order_service_pb2.VERDICT_ALREADY_DONE
    else:
        said = order_service_pb2.VERDICT_REFUSED
    return order_service_pb2.OrderVerdict(order_id=pair.order_id, verdict=said, status=STATUS[found["state"]])


def order(row: sqlite3.Row) -> order_pb2.Order:
    """A purchase in payonce's words."""
    return order_pb2.Order(
        order_id=row["number"],
        customer_id=row["buyer"],
        payer_account_id=row["wallet"],
        payee_account_id=row["shop"],
        amount=Money(currency_code="EUR", minor_units=row["cents"]),
        status=STATUS[row["state"]],
        payment_id=row["payment_id"] or "",
    )


@contextlib.contextmanager
def opened(file: Path) -> Iterator[sqlite3.Connection]:
    """One transaction: committed before anybody is answered."""
    database = sqlite3.connect(file, timeout=10, isolation_level="IMMEDIATE")
    database.row_factory = sqlite3.Row
    try:
        with database:
            yield database
    finally:
        database.close()


def main(file: str, address: str) -> None:
    """Serve until killed."""
    with opened(Path(file)) as database:
        database.execute(SCHEMA)
    server = grpc.server(futures.ThreadPoolExecutor(16))
    add_OrderServiceServicer_to_server(OrderService(Path(file)), server)
    server.add_insecure_port(address)
    server.start()
    print(f"shop listening on {address}", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main(*sys.argv[1:])
