"""Pay orders, and look at payments."""

from collections.abc import AsyncIterator, Iterable

from payonce.client._async.items import items
from payonce.client.bases import AsyncBase
from payonce.client.batches import Outcome, ToPay, to_pay
from payonce.client.messages import PaidOrder, one_of
from payonce.payment.v1.history_pb2 import ExplainPaymentRequest, ExplainPaymentResponse
from payonce.payment.v1.payment_pb2 import Payment, PaymentState
from payonce.payment.v1.payment_service_pb2 import (
    GetPaymentRequest,
    ListPaymentsRequest,
    ListPaymentsResponse,
    LookupPaymentRequest,
    LookupPaymentResponse,
    PayOrderRequest,
)
from payonce.type.v1.money_pb2 import Money


class Payments(AsyncBase):
    """Pay orders, and look at payments."""

    async def pay_order(
        self, order_id: str, *, expected_amount: Money | None = None, within_s: float = 60.0
    ) -> PaidOrder:
        """Pay it, once, however often this is called; through lost replies and restarts of everything.

        Args:
            order_id: It names payer, payee and amount.
            expected_amount: What it is believed to cost.
            within_s: Ask again for so many seconds.

        Raises:
            InsufficientFunds: Nothing moved; the order stays payable.
            AmountMismatch: It costs something else than was expected.
            OrderCancelled, OrderRefunded, OrderAlreadyPaid, PaymentAuthorized, PaymentReversed, PaymentVoided,
            CurrencyMismatch, AccountKindMismatch, BalanceLimitExceeded: See there; nothing new moved.
            NotFound: The order or one of its accounts.
            Unavailable: No answer in time. Whether it is paid is not known: ask again, or `lookup_payment`.
        """
        request = PayOrderRequest(order_id=order_id, expected_amount=expected_amount)
        answer = await self._send(lambda to: to.payments.PayOrder, request, within_s=within_s)
        return PaidOrder(answer.message.payment, answer.message.order_confirmed, answer.replayed)

    async def batch_pay_orders(self, orders: Iterable[ToPay], *, within_s: float = 60.0) -> list[Outcome]:
        """Pay up to 1,000 orders; what became of each, in the order given.

        One that is refused never fails its neighbours: its place has the PayonceError that `pay_order` would have
        raised. Those that may be asked for again are, and no others.

        Args:
            orders: Order ids, or pairs of an order id and what it is believed to cost.
            within_s: Ask again for so many seconds.

        Raises:
            InvalidRequest: The request itself is not as documented: nothing was touched.
            Unavailable: Not one answer in time; ask again.
        """
        return await self._pay_orders(to_pay(orders), within_s)

    async def get_payment(self, payment_id: str) -> Payment:
        """Read one payment, as it stands.

        Raises:
            NotFound: There is none, or it is somebody else's.
        """
        request = GetPaymentRequest(payment_id=payment_id)
        return (await self._send(lambda to: to.payments.GetPayment, request)).message

    async def list_payments(
        self,
        *,
        order_id: str = "",
        payer_account_id: str = "",
        payee_account_id: str = "",
        state: PaymentState.ValueType = PaymentState.PAYMENT_STATE_UNSPECIFIED,
        page_size: int = 0,
        page_token: str = "",
    ) -> ListPaymentsResponse:
        """Read one page of payments, declined attempts too, newest first.

        Args:
            order_id: Only attempts to pay this order.
            payer_account_id: Only those from this account.
            payee_account_id: Only those to this account.
            state: Only those that stand there.
            page_size: How many at most; 0 means 50, more than 1,000 means 1,000.
            page_token: `next_page_token` of the page before, of the same question.
        """
        request = ListPaymentsRequest(
            order_id=order_id,
            payer_account_id=payer_account_id,
            payee_account_id=payee_account_id,
            state=state,
            page_size=page_size,
            page_token=page_token,
        )
        return (await self._send(lambda to: to.payments.ListPayments, request)).message

    def iter_payments(
        self,
        *,
        order_id: str = "",
        payer_account_id: str = "",
        payee_account_id: str = "",
        state: PaymentState.ValueType = PaymentState.PAYMENT_STATE_UNSPECIFIED,
        page_size: int = 0,
    ) -> AsyncIterator[Payment]:
        """All payments that `list_payments` has, page by page as they are wanted."""
        return items(
            lambda token: self.list_payments(
                order_id=order_id,
                payer_account_id=payer_account_id,
                payee_account_id=payee_account_id,
                state=state,
                page_size=page_size,
                page_token=token,
            ),
            lambda page: page.payments,
        )

    async def lookup_payment(self, *, order_id: str | None = None, ticket: str | None = None) -> LookupPaymentResponse:
        """What is known about the payment of an order or ticket; for a caller who lost the reply.

        Raises:
            NotFound: The ticket. An order that nobody tried to pay is NOT_SEEN.
            TypeError: Not one of the two is given.
        """
        request = LookupPaymentRequest(**one_of(order_id=order_id, ticket=ticket))
        return (await self._send(lambda to: to.payments.LookupPayment, request)).message

    async def explain_payment(
        self, *, order_id: str | None = None, ticket: str | None = None, payment_id: str | None = None
    ) -> ExplainPaymentResponse:
        """Every attempt, who asked for it, what was decided and why; and what was given back.

        Raises:
            NotFound: The ticket or the payment.
            TypeError: Not one of the three is given.
        """
        request = ExplainPaymentRequest(**one_of(order_id=order_id, ticket=ticket, payment_id=payment_id))
        return (await self._send(lambda to: to.payments.ExplainPayment, request)).message
