"""Pay without an order."""

from payonce.client.bases import SyncBase
from payonce.client.messages import PaidTicket
from payonce.payment.v1.ticket_pb2 import CreateTicketRequest, PayWithTicketRequest, Ticket
from payonce.type.v1.money_pb2 import Money


class Tickets(SyncBase):
    """One-time rights to pay."""

    def create_ticket(
        self,
        payer_account_id: str,
        *,
        payee_account_id: str = "",
        amount: Money | None = None,
        ttl_s: int = 0,
        within_s: float = 60.0,
    ) -> Ticket:
        """A right to pay once from the account. Keep it like a password. It moves nothing yet.

        Args:
            payer_account_id: The customer account that will be debited.
            payee_account_id: The only account that it pays to; open unless given.
            amount: The only amount that it pays; open unless given.
            ttl_s: How long it can be used, in seconds, 1 to 604,800; 0 means the service's setting.
            within_s: Ask again for so many seconds. A ticket whose reply was lost expires unused.

        Raises:
            NotFound: The account. AccountKindMismatch: It is no customer's. CurrencyMismatch: It has another one.
            Unavailable: No answer in time; ask again.
        """
        request = CreateTicketRequest(
            payer_account_id=payer_account_id, payee_account_id=payee_account_id, amount=amount, ttl_seconds=ttl_s
        )
        return (self._send(lambda to: to.payments.CreateTicket, request, within_s=within_s)).message

    def pay_with_ticket(
        self, ticket: str, *, payee_account_id: str, amount: Money, within_s: float = 60.0
    ) -> PaidTicket:
        """Pay with it, once, however often this is called; through lost replies and restarts of everything.

        Args:
            ticket: `Ticket.ticket`.
            payee_account_id: The merchant account to credit.
            amount: How much.
            within_s: Ask again for so many seconds.

        Raises:
            InsufficientFunds: Nothing moved; the ticket stays unused.
            TicketMismatch: It was made, or used, for something else.
            TicketExpired: Its time was over before it was used.
            PaymentVoided, PaymentReversed, PaymentRefunded, CurrencyMismatch, AccountKindMismatch,
            BalanceLimitExceeded: See there; nothing new moved.
            NotFound: The ticket or the payee.
            Unavailable: No answer in time. Whether it is paid is not known: ask again, or `lookup_payment`.
        """
        request = PayWithTicketRequest(ticket=ticket, payee_account_id=payee_account_id, amount=amount)
        answer = self._send(lambda to: to.payments.PayWithTicket, request, within_s=within_s)
        return PaidTicket(answer.message.payment, answer.replayed)
