"""Hold an order service to what payment_service needs of it.

    python check_order_service.py 127.0.0.1:50061 ORDER_ID ORDER_ID ORDER_ID ORDER_ID

Wants four unpaid orders that nobody pays, and leaves them paid, refunded or cancelled. Exit status 1 when one of the
rules does not hold; every rule is told.
"""

import sys
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import grpc

from payonce.order.v1 import order_pb2, order_service_pb2
from payonce.order.v1.order_service_pb2_grpc import OrderServiceStub

Answer = tuple[str, str]  # verdict and status, without their prefixes
Rule = tuple[str, bool]
CALLERS = 16


class Asked:
    """The order service, asked as payment_service does."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = OrderServiceStub(channel)

    def orders(self, *order_ids: str) -> dict[str, order_pb2.Order]:
        """Those that exist."""
        request = order_service_pb2.BatchGetOrdersRequest(order_ids=order_ids)
        return {order.order_id: order for order in self._stub.BatchGetOrders(request, timeout=10).orders}

    def pay(self, *pairs: tuple[str, str]) -> list[Answer]:
        """Verdicts of MarkOrdersPaid."""
        request = order_service_pb2.MarkOrdersPaidRequest(payments=list(map(pair_of, pairs)))
        return list(map(answer, self._stub.MarkOrdersPaid(request, timeout=10).verdicts))

    def give_back(self, *pairs: tuple[str, str]) -> list[Answer]:
        """Verdicts of MarkOrdersRefunded."""
        request = order_service_pb2.MarkOrdersRefundedRequest(payments=list(map(pair_of, pairs)))
        return list(map(answer, self._stub.MarkOrdersRefunded(request, timeout=10).verdicts))


def pair_of(pair: tuple[str, str]) -> order_service_pb2.OrderPayment:
    return order_service_pb2.OrderPayment(order_id=pair[0], payment_id=pair[1])


def answer(one: order_service_pb2.OrderVerdict) -> Answer:
    verdict = order_service_pb2.Verdict.Name(one.verdict).removeprefix("VERDICT_")
    return verdict, order_pb2.OrderStatus.Name(one.status).removeprefix("ORDER_STATUS_")


def rules(asked: Asked, order_ids: Sequence[str]) -> Iterator[Rule]:
    """Each rule, and whether it holds."""
    paid, raced, ended, both = order_ids
    nowhere, first, second = f"no-such-order-{uuid.uuid4()}", str(uuid.uuid4()), str(uuid.uuid4())

    found = asked.orders(paid, nowhere, raced, ended, both)
    yield "an order that does not exist is left out", nowhere not in found
    yield "the others are there, unpaid", all(is_unpaid(found.get(one)) for one in order_ids)
    yield "each names customer, payer, payee and amount", all(map(is_whole, found.values()))

    yield "an unpaid order is flipped", asked.pay((paid, first)) == [("DONE", "PAID")]
    yield "once: the same payment again is told so", asked.pay((paid, first)) == [("ALREADY_DONE", "PAID")]
    yield "another payment is refused", asked.pay((paid, second)) == [("REFUSED", "PAID")]
    yield "the order names the payment that paid it", asked.orders(paid)[paid].payment_id == first
    yield "another payment does not end it", asked.give_back((paid, second)) == [("REFUSED", "PAID")]
    yield "its own payment makes it refunded", asked.give_back((paid, first)) == [("DONE", "REFUNDED")]
    yield "once: the same again is told so", asked.give_back((paid, first)) == [("ALREADY_DONE", "REFUNDED")]
    yield "refunded is final, even for its own payment", asked.pay((paid, first)) == [("REFUSED", "REFUNDED")]

    with ThreadPoolExecutor(CALLERS) as crowd:
        told = list(crowd.map(lambda _: asked.pay((raced, str(uuid.uuid4())))[0], range(CALLERS)))
    once = sorted(told) == [("DONE", "PAID"), *[("REFUSED", "PAID")] * (CALLERS - 1)]
    yield f"of {CALLERS} payments at once exactly one is the order's", once

    yield "an unpaid order is cancelled on the way back", asked.give_back((ended, first)) == [("DONE", "CANCELLED")]
    yield "once", asked.give_back((ended, second)) == [("ALREADY_DONE", "CANCELLED")]
    yield "a flip that comes late is refused", asked.pay((ended, first)) == [("REFUSED", "CANCELLED")]

    batch = asked.pay((nowhere, first), (both, first), (ended, first))
    mixed = [("NOT_FOUND", "UNSPECIFIED"), ("DONE", "PAID"), ("REFUSED", "CANCELLED")]
    yield "in a batch each has its own verdict, in the order asked", batch == mixed


def is_unpaid(order: order_pb2.Order | None) -> bool:
    return order is not None and order.status == order_pb2.ORDER_STATUS_UNPAID and not order.payment_id


def is_whole(order: order_pb2.Order) -> bool:
    accounts = order.customer_id and order.payer_account_id and order.payee_account_id
    return bool(accounts and order.amount.currency_code and order.amount.minor_units > 0)


def main(address: str, *order_ids: str) -> int:
    """Tell each rule; the exit status."""
    broken = 0
    with grpc.insecure_channel(address) as channel:
        for rule, holds in rules(Asked(channel), order_ids):
            print("ok    " if holds else "BROKEN", rule)
            broken += not holds
    print(f"check: broken={broken}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
