"""An async client with deadlines and retries. Every method may be called again: no money moves twice."""

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import grpc

from payonce.order.v1 import order_pb2, order_service_pb2, order_service_pb2_grpc
from payonce.payment.v1 import (
    account_pb2,
    payment_pb2,
    payment_service_pb2,
    payment_service_pb2_grpc,
    refund_pb2,
    ticket_pb2,
)
from payonce.type.v1.money_pb2 import Money
from shared.rpc.client import channel

if TYPE_CHECKING:  # these two exist for the type checker only
    from payonce.order.v1.order_service_pb2_grpc import OrderServiceAsyncStub
    from payonce.payment.v1.payment_service_pb2_grpc import PaymentServiceAsyncStub

ORDER_SERVICE = order_service_pb2.DESCRIPTOR.services_by_name["OrderService"].full_name
PAYMENT_SERVICE = payment_service_pb2.DESCRIPTOR.services_by_name["PaymentService"].full_name


@dataclass(frozen=True, slots=True)
class PaidOrder:
    """The answer to `pay_order`. `replayed`: the order had been paid before, and this is that payment."""

    payment: payment_pb2.Payment
    order_confirmed: bool
    replayed: bool


class Client:
    """Both services. `timeout_s` is each call's deadline, retries included; `attempts` bounds the tries within it.

    `credentials` are grpc's ssl_channel_credentials, with a client's certificate; without them plain text is spoken.
    `token` is asked before each call for the token that goes with it. Don't put grpc's call credentials into
    `credentials`: they can lock up a channel that is closed.

    Errors are `grpc.aio.AioRpcError` with google.rpc details; the reasons are documented in `protos/`.
    """

    def __init__(
        self,
        order_address: str,
        payment_address: str,
        *,
        timeout_s: float = 10.0,
        attempts: int = 5,
        credentials: grpc.ChannelCredentials | None = None,
        token: Callable[[], str] | None = None,
    ) -> None:
        self._channels = [
            channel(address, [service], timeout_s=timeout_s, attempts=attempts, credentials=credentials, token=token)
            for address, service in ((order_address, ORDER_SERVICE), (payment_address, PAYMENT_SERVICE))
        ]
        self._orders: OrderServiceAsyncStub = order_service_pb2_grpc.OrderServiceStub(self._channels[0])
        self._payments: PaymentServiceAsyncStub = payment_service_pb2_grpc.PaymentServiceStub(self._channels[1])

    async def create_order(
        self,
        *,
        order_id: str,
        customer_id: str,
        payer_account_id: str,
        payee_account_id: str,
        amount: Money,
        description: str = "",
        merchant_id: str = "",
    ) -> order_pb2.Order:
        """An UNPAID order; the same content again is the same order. A merchant who calls is its merchant anyway."""
        request = order_service_pb2.CreateOrderRequest(
            order_id=order_id,
            customer_id=customer_id,
            payer_account_id=payer_account_id,
            payee_account_id=payee_account_id,
            amount=amount,
            description=description,
            merchant_id=merchant_id,
        )
        return await self._orders.CreateOrder(request)

    async def get_order(self, order_id: str) -> order_pb2.Order:
        """One order."""
        return await self._orders.GetOrder(order_service_pb2.GetOrderRequest(order_id=order_id))

    async def cancel_order(self, order_id: str) -> order_pb2.Order:
        """The order, CANCELLED; refused once it is paid."""
        return await self._orders.CancelOrder(order_service_pb2.CancelOrderRequest(order_id=order_id))

    async def pay_order(self, order_id: str, *, expected_amount: Money | None = None) -> PaidOrder:
        """Pay it, once, however often this is called."""
        request = payment_service_pb2.PayOrderRequest(order_id=order_id, expected_amount=expected_amount)
        call = self._payments.PayOrder(request)
        response = await call
        return PaidOrder(response.payment, response.order_confirmed, await _replayed(call))

    async def create_ticket(
        self, payer_account_id: str, *, payee_account_id: str = "", amount: Money | None = None, ttl_s: int = 0
    ) -> ticket_pb2.Ticket:
        """A one-time right to pay from the account; payee and amount are open unless given. Keep it like a password."""
        request = ticket_pb2.CreateTicketRequest(
            payer_account_id=payer_account_id, payee_account_id=payee_account_id, amount=amount, ttl_seconds=ttl_s
        )
        return await self._payments.CreateTicket(request)

    async def pay_with_ticket(self, ticket: str, *, payee_account_id: str, amount: Money) -> payment_pb2.Payment:
        """Pay with it, once, however often this is called."""
        request = ticket_pb2.PayWithTicketRequest(ticket=ticket, payee_account_id=payee_account_id, amount=amount)
        return (await self._payments.PayWithTicket(request)).payment

    async def refund_payment(
        self, payment_id: str, amount: Money, *, request_id: str, reason: str = ""
    ) -> refund_pb2.Refund:
        """Money back to the payer; the same `request_id` again is the same refund."""
        request = refund_pb2.RefundPaymentRequest(
            payment_id=payment_id, amount=amount, request_id=request_id, reason=reason
        )
        return (await self._payments.RefundPayment(request)).refund

    async def reverse_order(self, order_id: str, *, reason: str = "") -> payment_pb2.Payment:
        """Undo the order's payment; if there is none yet, there never will be."""
        request = refund_pb2.ReversePaymentRequest(order_id=order_id, reason=reason)
        return (await self._payments.ReversePayment(request)).payment

    async def get_payment(self, payment_id: str) -> payment_pb2.Payment:
        """One payment, as it stands."""
        return await self._payments.GetPayment(payment_service_pb2.GetPaymentRequest(payment_id=payment_id))

    async def create_account(
        self, account_id: str, *, currency_code: str, kind: account_pb2.AccountKind.ValueType, owner_id: str = ""
    ) -> account_pb2.Account:
        """An account with balance zero. The owner is the account's own id unless given."""
        request = account_pb2.CreateAccountRequest(
            account_id=account_id, owner_id=owner_id or account_id, currency_code=currency_code, kind=kind
        )
        return await self._payments.CreateAccount(request)

    async def deposit(self, account_id: str, amount: Money, *, request_id: str) -> account_pb2.Entry:
        """Money from outside; the same `request_id` again is the same deposit."""
        request = account_pb2.DepositRequest(account_id=account_id, amount=amount, request_id=request_id)
        return (await self._payments.Deposit(request)).entry

    async def get_account(self, account_id: str) -> account_pb2.Account:
        """One account with its balance."""
        return await self._payments.GetAccount(account_pb2.GetAccountRequest(account_id=account_id))

    async def lookup_payment(self, order_id: str) -> payment_service_pb2.LookupPaymentResponse:
        """What is known about an order's payment."""
        return await self._payments.LookupPayment(payment_service_pb2.LookupPaymentRequest(order_id=order_id))

    async def close(self) -> None:
        """Close both channels."""
        for one in self._channels:
            await one.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def _replayed(call: grpc.aio.UnaryUnaryCall[Any, Any]) -> bool:
    """Whether the answer says that it was given before."""
    return dict(await call.trailing_metadata() or ()).get("idempotent-replayed") == "true"
