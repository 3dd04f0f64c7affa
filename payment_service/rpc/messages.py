"""Messages ↔ domain values."""

from payment_service.domain.ledger import Account, AccountKind, TransferKind
from payment_service.domain.payments import Lookup, LookupOutcome, Payment, PaymentState, PayOrder
from payment_service.storage.ledger import StoredEntry
from payonce.payment.v1 import payment_pb2, payment_service_pb2
from payonce.type.v1 import money_pb2
from shared.checks import Checks
from shared.money import Money
from shared.rpc.timestamps import timestamp

STATE = {
    PaymentState.SUCCEEDED: payment_pb2.PAYMENT_STATE_SUCCEEDED,
    PaymentState.DECLINED: payment_pb2.PAYMENT_STATE_DECLINED,
    PaymentState.REVERSED: payment_pb2.PAYMENT_STATE_REVERSED,
    PaymentState.REFUNDED: payment_pb2.PAYMENT_STATE_REFUNDED,
    PaymentState.VOIDED: payment_pb2.PAYMENT_STATE_VOIDED,
}
TRANSFER_KIND = {
    TransferKind.DEPOSIT: payment_pb2.TRANSFER_KIND_DEPOSIT,
    TransferKind.CHARGE: payment_pb2.TRANSFER_KIND_CHARGE,
    TransferKind.REVERSAL: payment_pb2.TRANSFER_KIND_REVERSAL,
}
ACCOUNT_KIND = {
    AccountKind.CUSTOMER: payment_pb2.ACCOUNT_KIND_CUSTOMER,
    AccountKind.MERCHANT: payment_pb2.ACCOUNT_KIND_MERCHANT,
}
ASKED_KIND = {
    payment_pb2.ACCOUNT_KIND_UNSPECIFIED: AccountKind.CUSTOMER,
    payment_pb2.ACCOUNT_KIND_CUSTOMER: AccountKind.CUSTOMER,
    payment_pb2.ACCOUNT_KIND_MERCHANT: AccountKind.MERCHANT,
}
OUTCOME = {
    LookupOutcome.NOT_SEEN: payment_service_pb2.LOOKUP_OUTCOME_NOT_SEEN,
    LookupOutcome.IN_PROGRESS: payment_service_pb2.LOOKUP_OUTCOME_IN_PROGRESS,
    LookupOutcome.SUCCEEDED: payment_service_pb2.LOOKUP_OUTCOME_SUCCEEDED,
    LookupOutcome.DECLINED: payment_service_pb2.LOOKUP_OUTCOME_DECLINED,
    LookupOutcome.REVERSED: payment_service_pb2.LOOKUP_OUTCOME_REVERSED,
    LookupOutcome.REFUNDED: payment_service_pb2.LOOKUP_OUTCOME_REFUNDED,
    LookupOutcome.VOIDED: payment_service_pb2.LOOKUP_OUTCOME_VOIDED,
}


def pay_order_of(request: payment_service_pb2.PayOrderRequest) -> PayOrder:
    """The checked command. Raises INVALID_REQUEST."""
    checks = Checks()
    expected = None
    if request.HasField("expected_amount"):
        asked = request.expected_amount
        expected = checks.amount("expected_amount", asked.currency_code, asked.minor_units)
    command = PayOrder(checks.client_id("order_id", request.order_id), expected)
    checks.done()
    return command


def money_message(money: Money) -> money_pb2.Money:
    """An amount."""
    return money_pb2.Money(currency_code=money.currency, minor_units=money.minor_units)


def payment_message(payment: Payment) -> payment_pb2.Payment:
    """A payment as clients see it."""
    return payment_pb2.Payment(
        payment_id=str(payment.payment_id),
        order_id=payment.order_id,
        payer_account_id=payment.payer_account_id,
        payee_account_id=payment.payee_account_id,
        amount=money_message(payment.amount),
        state=STATE[payment.state],
        state_reason=payment.state_reason or "",
        create_time=timestamp(payment.created_at),
        reverse_time=timestamp(payment.reversed_at),
    )


def account_message(account: Account) -> payment_pb2.Account:
    """An account as clients see it."""
    return payment_pb2.Account(
        account_id=account.account_id,
        owner_id=account.owner_id,
        kind=ACCOUNT_KIND[account.kind],
        balance=money_message(account.balance),
        create_time=timestamp(account.created_at),
    )


def entry_message(stored: StoredEntry) -> payment_pb2.Entry:
    """An entry as clients see it."""
    entry = stored.entry
    return payment_pb2.Entry(
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
