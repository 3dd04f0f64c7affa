"""Domain values → messages."""

from payment_service.domain.charges import Paid
from payment_service.domain.corrections import Correction, CorrectionKind
from payment_service.domain.history import Event, EventKind
from payment_service.domain.ledger import Account, AccountKind, StoredEntry, TransferKind
from payment_service.domain.payments import Lookup, LookupOutcome, Payment, PaymentState, order_of
from payment_service.domain.tickets import Ticket
from payment_service.usecases.lookup import Explanation
from payonce.payment.v1 import (
    account_pb2,
    batch_pb2,
    history_pb2,
    payment_pb2,
    payment_service_pb2,
    refund_pb2,
    ticket_pb2,
)
from payonce.type.v1 import money_pb2
from shared.errors import PayonceError
from shared.money import Money
from shared.rpc.errors import code_of
from shared.rpc.timestamps import timestamp

STATE = {
    PaymentState.AUTHORIZED: payment_pb2.PAYMENT_STATE_AUTHORIZED,
    PaymentState.SUCCEEDED: payment_pb2.PAYMENT_STATE_SUCCEEDED,
    PaymentState.DECLINED: payment_pb2.PAYMENT_STATE_DECLINED,
    PaymentState.REVERSED: payment_pb2.PAYMENT_STATE_REVERSED,
    PaymentState.REFUNDED: payment_pb2.PAYMENT_STATE_REFUNDED,
    PaymentState.VOIDED: payment_pb2.PAYMENT_STATE_VOIDED,
    None: payment_pb2.PAYMENT_STATE_UNSPECIFIED,
}
TRANSFER_KIND = {
    TransferKind.DEPOSIT: account_pb2.TRANSFER_KIND_DEPOSIT,
    TransferKind.WITHDRAWAL: account_pb2.TRANSFER_KIND_WITHDRAWAL,
    TransferKind.CHARGE: account_pb2.TRANSFER_KIND_CHARGE,
    TransferKind.REVERSAL: account_pb2.TRANSFER_KIND_REVERSAL,
    TransferKind.REFUND: account_pb2.TRANSFER_KIND_REFUND,
}
ACCOUNT_KIND = {
    AccountKind.CUSTOMER: account_pb2.ACCOUNT_KIND_CUSTOMER,
    AccountKind.MERCHANT: account_pb2.ACCOUNT_KIND_MERCHANT,
}
OUTCOME = {o: payment_service_pb2.LookupOutcome.Value(f"LOOKUP_OUTCOME_{o.name}") for o in LookupOutcome}
EVENT_KIND = {k: history_pb2.PaymentEventKind.Value(f"PAYMENT_EVENT_KIND_{k.name}") for k in EventKind}


def money_message(money: Money) -> money_pb2.Money:
    """An amount."""
    return money_pb2.Money(currency_code=money.currency, minor_units=money.minor_units)


def payment_message(payment: Payment) -> payment_pb2.Payment:
    """A payment as it stands."""
    message = payment_made(payment)
    if payment.refunded_minor:
        message.refunded_amount.CopyFrom(money_message(Money(payment.amount.currency, payment.refunded_minor)))
    return message


def payment_made(payment: Payment) -> payment_pb2.Payment:
    """A payment as it was made: without what was given back since, so that a replay equals the first answer."""
    return payment_pb2.Payment(
        payment_id=str(payment.payment_id),
        order_id=order_of(payment.subject),
        payer_account_id=payment.payer_account_id,
        payee_account_id=payment.payee_account_id,
        amount=money_message(payment.amount),
        state=STATE[payment.state],
        state_reason=payment.state_reason or "",
        create_time=timestamp(payment.created_at),
        reverse_time=timestamp(payment.reversed_at),
        captured_amount=money_message(Money(payment.amount.currency, payment.captured_minor)),
        refund_time=timestamp(payment.refunded_at),
        authorization_expire_time=timestamp(payment.expires_at),
    )


def refund_message(correction: Correction) -> refund_pb2.Refund:
    """A refund."""
    return refund_pb2.Refund(
        refund_id=str(correction.correction_id),
        payment_id=str(correction.payment_id),
        amount=money_message(correction.amount),
        reason=correction.reason,
        create_time=timestamp(correction.created_at),
        complete_time=timestamp(correction.completed_at),
    )


def outcome_message(outcome: Paid | PayonceError) -> batch_pb2.PayOrderOutcome:
    """What became of one order of a batch."""
    if isinstance(outcome, Paid):
        return batch_pb2.PayOrderOutcome(
            payment=payment_made(outcome.payment), order_confirmed=outcome.order_confirmed, replayed=outcome.replayed
        )
    error = batch_pb2.PayOrderError(
        code=code_of(outcome), reason=outcome.reason, message=outcome.message, metadata=outcome.metadata
    )
    if outcome.retry_after_s is not None:
        error.retry_delay.FromMilliseconds(round(outcome.retry_after_s * 1000))
    return batch_pb2.PayOrderOutcome(error=error)


def ticket_message(ticket: Ticket, secret: str) -> ticket_pb2.Ticket:
    """A ticket, with what only its first holder is told."""
    return ticket_pb2.Ticket(
        ticket=secret,
        payer_account_id=ticket.payer_account_id,
        payee_account_id=ticket.payee_account_id or "",
        amount=money_message(ticket.amount) if ticket.amount else None,
        create_time=timestamp(ticket.created_at),
        expire_time=timestamp(ticket.expires_at),
    )


def account_message(account: Account) -> account_pb2.Account:
    """An account."""
    return account_pb2.Account(
        account_id=account.account_id,
        owner_id=account.owner_id,
        kind=ACCOUNT_KIND[account.kind],
        balance=money_message(account.balance),
        create_time=timestamp(account.created_at),
        available_balance=money_message(account.available),
    )


def entry_message(stored: StoredEntry) -> account_pb2.Entry:
    """An entry."""
    entry = stored.entry
    return account_pb2.Entry(
        transfer_id=str(entry.transfer_id),
        account_id=entry.account_id,
        sequence=entry.sequence,
        kind=TRANSFER_KIND[entry.kind],
        amount=money_message(entry.amount),
        balance_after=money_message(entry.balance_after),
        payment_id=str(entry.payment_id) if entry.payment_id else "",
        create_time=timestamp(stored.created_at),
    )


def lookup_message(lookup: Lookup) -> payment_service_pb2.LookupPaymentResponse:
    """What is known about a payment."""
    return payment_service_pb2.LookupPaymentResponse(
        outcome=OUTCOME[lookup.outcome],
        payment=payment_message(lookup.payment) if lookup.payment else None,
        safe_to_retry=lookup.safe_to_retry,
    )


def explanation_message(explanation: Explanation) -> history_pb2.ExplainPaymentResponse:
    """Everything about an order or ticket."""
    currencies = {payment.payment_id: payment.amount.currency for payment in explanation.attempts}
    return history_pb2.ExplainPaymentResponse(
        attempts=map(payment_message, explanation.attempts),
        events=[_event_message(event, currencies[event.payment_id]) for event in explanation.events],
        refunds=[refund_message(c) for c in explanation.corrections if c.kind == CorrectionKind.REFUND],
    )


def _event_message(event: Event, currency: str) -> history_pb2.PaymentEvent:
    return history_pb2.PaymentEvent(
        payment_id=str(event.payment_id),
        kind=EVENT_KIND[event.kind],
        actor=event.actor,
        reason=event.reason,
        amount=money_message(Money(currency, event.amount_minor)) if event.amount_minor else None,
        create_time=timestamp(event.created_at),
    )
