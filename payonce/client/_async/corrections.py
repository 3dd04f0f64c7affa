"""Reserve and charge later, give back, undo."""

from payonce.client.bases import AsyncBase
from payonce.client.messages import PaidOrder, new_request_id, one_of
from payonce.payment.v1.authorization_pb2 import (
    AuthorizePaymentRequest,
    CapturePaymentRequest,
    VoidAuthorizationRequest,
)
from payonce.payment.v1.payment_pb2 import Payment
from payonce.payment.v1.refund_pb2 import Refund, RefundPaymentRequest, ReversePaymentRequest
from payonce.type.v1.money_pb2 import Money


class Corrections(AsyncBase):
    """Reserve and charge later, give back, undo."""

    async def authorize_payment(
        self, order_id: str, *, expected_amount: Money | None = None, within_s: float = 60.0
    ) -> Payment:
        """Reserve the order's amount; the same order again is the same payment, as it stands.

        Raises:
            OrderAlreadyPaid: Also by `pay_order`.
            InsufficientFunds, AmountMismatch, …: As `pay_order`.
            Unavailable: No answer in time; ask again.
        """
        request = AuthorizePaymentRequest(order_id=order_id, expected_amount=expected_amount)
        return (await self._send(lambda to: to.payments.AuthorizePayment, request, within_s=within_s)).message.payment

    async def capture_payment(
        self, payment_id: str, *, amount: Money | None = None, within_s: float = 60.0
    ) -> PaidOrder:
        """Charge what was authorized, or `amount` of it, once; the rest is released, the order becomes PAID.

        Raises:
            AmountMismatch: Captured before with another amount, or more than was authorized.
            AuthorizationExpired, PaymentVoided, PaymentCaptured (it never was an authorization), PaymentDeclined,
            PaymentReversed, PaymentRefunded, CurrencyMismatch, BalanceLimitExceeded: See there.
            OrderCancelled, OrderRefunded, OrderAlreadyPaid: The order could not become PAID; the charge was reversed.
            NotFound: The payment or the payee.
            Unavailable: No answer in time; ask again.
        """
        request = CapturePaymentRequest(payment_id=payment_id, amount=amount)
        answer = await self._send(lambda to: to.payments.CapturePayment, request, within_s=within_s)
        return PaidOrder(answer.message.payment, answer.message.order_confirmed, answer.replayed)

    async def void_authorization(self, payment_id: str, *, reason: str = "", within_s: float = 60.0) -> Payment:
        """Give an authorization up: the order becomes CANCELLED, the reservation ends, the payment is VOIDED.

        Raises:
            PaymentCaptured: Refund or reverse it instead.
            PaymentDeclined, PaymentReversed, PaymentRefunded: See there.
            NotFound: The payment.
            Unavailable: No answer in time. It may be noted, and go on by itself; ask again to hear of the end.
        """
        request = VoidAuthorizationRequest(payment_id=payment_id, reason=reason)
        return (await self._send(lambda to: to.payments.VoidAuthorization, request, within_s=within_s)).message.payment

    async def refund_payment(
        self,
        payment_id: str,
        amount: Money,
        *,
        reason: str = "",
        request_id: str | None = None,
        within_s: float = 60.0,
    ) -> Refund:
        """Give money back to the payer, in part or in full, once for each request id.

        Args:
            payment_id: The payment to give back from.
            amount: How much; all refunds of a payment together never exceed what it charged.
            reason: Why, for people. Up to 200 characters.
            request_id: Names this refund. One is made when it is not given, the same for every try of this call; the
                exception of a call that had no answer carries it, to ask again with.
            within_s: Ask again for so many seconds.

        Raises:
            RefundExceedsPayment: More than is left.
            IdempotencyKeyReused: The request id was used with other parameters.
            CurrencyMismatch, PaymentDeclined, PaymentAuthorized, PaymentVoided, PaymentReversed: See there.
            NotFound: The payment.
            Unavailable: No answer in time. It may be noted, and go on by itself; ask again, with the request id.
        """
        own_id = new_request_id() if request_id is None else request_id
        request = RefundPaymentRequest(payment_id=payment_id, amount=amount, request_id=own_id, reason=reason)
        answer = await self._send(lambda to: to.payments.RefundPayment, request, within_s=within_s, request_id=own_id)
        return answer.message.refund

    async def reverse_payment(
        self,
        *,
        order_id: str | None = None,
        ticket: str | None = None,
        payment_id: str | None = None,
        reason: str = "",
        within_s: float = 60.0,
    ) -> Payment:
        """Undo the payment of an order or ticket, or this payment; if there is none yet, there never will be.

        Raises:
            PaymentRefunded, PaymentDeclined: There is nothing to undo.
            OrderAlreadyPaid, OrderRefunded: By a payment that is not this service's.
            NotFound: What was to be undone.
            TypeError: Not one of the three is given.
            Unavailable: No answer in time. It may be noted, and go on by itself; ask again to hear of the end.
        """
        subject = one_of(order_id=order_id, ticket=ticket, payment_id=payment_id)
        request = ReversePaymentRequest(**subject, reason=reason)
        return (await self._send(lambda to: to.payments.ReversePayment, request, within_s=within_s)).message.payment
