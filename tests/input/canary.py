"""Another caller of the same services, who pays one order after the other for as long as the rest goes on."""

import itertools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import grpc

from payonce.order.v1.order_service_pb2 import CreateOrderRequest
from payonce.order.v1.order_service_pb2_grpc import OrderServiceStub
from payonce.payment.v1.payment_service_pb2 import PayOrderRequest
from payonce.payment.v1.payment_service_pb2_grpc import PaymentServiceStub
from tests.harness.money import TIMEOUT_S, money

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


class Canary:
    """alice pays shop, 1 at a time. What it meets besides OK is raised where it is asked for, and where it ends."""

    def __init__(
        self, order_address: str, payment_address: str, connect: Callable[[str], grpc.Channel] = grpc.insecure_channel
    ) -> None:
        self._channels = [connect(address) for address in (order_address, payment_address)]
        self._orders = OrderServiceStub(self._channels[0])
        self._payments = PaymentServiceStub(self._channels[1])
        self._thread = threading.Thread(target=self._live)
        self._ended = threading.Event()
        self._paid = threading.Condition()
        self._trouble: Exception | None = None
        self.paid = 0

    def pays(self, count: int = 2) -> None:
        """Wait until it has paid so many more: those began or ended after this was called."""
        with self._paid:
            wanted = self.paid + count
            assert self._paid.wait_for(lambda: self.paid >= wanted or self._trouble, timeout=2 * TIMEOUT_S)
            assert self._trouble is None, self._trouble

    def stop(self) -> None:
        """Let it finish the order it is at; raise what it met besides OK."""
        self._ended.set()
        self._thread.join()
        assert self._trouble is None, self._trouble

    def __enter__(self) -> "Self":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        try:
            self.stop()
        finally:
            for channel in self._channels:
                channel.close()

    def _live(self) -> None:
        for i in itertools.count():
            if self._ended.wait(0.02):
                return
            try:
                self._pay(f"canary-{i}")
            except Exception as error:  # noqa: BLE001 - told where it is asked for
                self._trouble = error
            with self._paid:
                self.paid += not self._trouble
                self._paid.notify_all()
            if self._trouble:
                return

    def _pay(self, order_id: str) -> None:
        order = CreateOrderRequest(order_id=order_id, customer_id="alice", payer_account_id="alice",
                                   payee_account_id="shop", amount=money(1))  # fmt: skip
        self._orders.CreateOrder(order, timeout=TIMEOUT_S)
        answer = self._payments.PayOrder(PayOrderRequest(order_id=order_id), timeout=TIMEOUT_S)
        assert answer.order_confirmed
