"""CapturePayment: what was reserved is charged, once; and authorizations whose time is over."""

from collections.abc import Sequence
from uuid import UUID

from payment_service.domain.charges import Paid, answer_of
from payment_service.domain.corrections import Correction, no_charge, whole
from payment_service.domain.history import COMPLETER, Event, EventKind
from payment_service.domain.ledger import Transfer, TransferKind
from payment_service.domain.ownership import owners
from payment_service.domain.payments import Payment, PaymentState, StateReason, refusal
from payment_service.storage import corrections, history, payments
from payment_service.usecases.confirm import Confirm
from payment_service.usecases.ownership import there
from payment_service.usecases.post import post
from payment_service.usecases.take_back import TakeBack, begin
from shared.callers import Caller
from shared.database import Connection, Database
from shared.errors import PayonceError, Reason
from shared.failpoints import failpoint
from shared.ids import new_id
from shared.money import Money


class Captures:
    """Charging authorizations."""

    def __init__(self, database: Database, confirm: Confirm, take_back: TakeBack) -> None:
        self._database = database
        self._confirm = confirm
        self._take_back = take_back

    async def capture(self, payment_id: UUID, amount: Money | None, caller: Caller) -> Paid:
        """The payment, charged; `amount` None means all of it. Raises as the proto says."""
        transfer_id = new_id()

        async def work(connection: Connection) -> tuple[Payment, bool] | PayonceError:
            payment = await there(connection, caller, await payments.by_id(connection, payment_id))
            if payment is None:
                raise refusal(Reason.PAYMENT_NOT_FOUND, payment_id=payment_id)
            wanted = amount or payment.amount
            _check_amount(payment, wanted)
            captured = await payments.capture(connection, payment, wanted.minor_units)
            if captured is None:
                return await _not_captured(connection, payment_id, wanted)
            await _charge(connection, captured, wanted, transfer_id, caller)
            return captured, False

        outcome = await self._database.transact(work, name="capture")
        if isinstance(outcome, PayonceError):
            raise outcome
        payment, replayed = outcome
        end = (await self._confirm.flip([payment], self._take_back))[payment.subject]
        answer = end if isinstance(end, PayonceError) else answer_of(end, hold=False, replayed=replayed)
        if isinstance(answer, PayonceError):
            raise answer
        return answer

    async def expire(self, limit: int) -> Sequence[Correction]:
        """Begin to end authorizations whose time is over; what is to be carried out now."""

        async def work(connection: Connection) -> list[Correction]:
            over = await payments.expired(connection, limit)
            return [written for payment in over if (written := await _begin_expiry(connection, payment))]

        return await self._database.transact(work, name="expire")


async def _charge(connection: Connection, payment: Payment, amount: Money, transfer_id: UUID, caller: Caller) -> None:
    """Move what is captured, release the whole reservation."""
    transfer = Transfer(
        transfer_id,
        TransferKind.CHARGE,
        payment.payer_account_id,
        payment.payee_account_id,
        amount,
        payment_id=payment.payment_id,
        owners=owners(caller, payer=payment.payer_account_id, payee=payment.payee_account_id),
        release_minor=payment.amount.minor_units,
    )
    made = await post(connection, [transfer])
    if made.refused:
        raise refusal(made.refused[0].reason, payment_id=payment.payment_id, account_id=made.refused[0].account_id)
    event = Event(payment.subject, payment.payment_id, EventKind.CAPTURED, caller.name, "", amount.minor_units)
    await history.record(connection, [event])
    failpoint("captured")


def _check_amount(payment: Payment, wanted: Money) -> None:
    if wanted.currency != payment.amount.currency:
        raise refusal(Reason.CURRENCY_MISMATCH, payment_id=payment.payment_id, currency=payment.amount.currency)
    if wanted.minor_units > payment.amount.minor_units:
        raise refusal(Reason.AMOUNT_MISMATCH, payment_id=payment.payment_id, fields="amount", amount=payment.amount)


async def _not_captured(connection: Connection, payment_id: UUID, wanted: Money) -> tuple[Payment, bool] | PayonceError:
    """What stands there instead. An expiry that is told is also begun, so that no slower request still captures."""
    payment = await payments.by_id(connection, payment_id)
    if payment is None:
        raise refusal(Reason.PAYMENT_NOT_FOUND, payment_id=payment_id)
    if payment.state == PaymentState.SUCCEEDED and payment.expires_at is None:
        return refusal(Reason.PAYMENT_CAPTURED, payment_id=payment_id)  # it never was an authorization
    if payment.state == PaymentState.SUCCEEDED:
        if payment.captured_minor == wanted.minor_units:
            return payment, True
        return refusal(Reason.AMOUNT_MISMATCH, payment_id=payment_id, fields="amount")
    why = payment.state_reason
    if payment.state == PaymentState.AUTHORIZED:
        begun = await _begin_expiry(connection, payment)
        theirs = begun or await _correction_of(connection, payment)
        why = theirs.state_reason
    if why == StateReason.AUTHORIZATION_EXPIRED:
        return refusal(Reason.AUTHORIZATION_EXPIRED, payment_id=payment_id)
    if payment.state == PaymentState.AUTHORIZED:
        return refusal(Reason.PAYMENT_VOIDED, payment_id=payment_id)
    if payment.state == PaymentState.REVERSED and why and why != StateReason.REVERSAL_REQUESTED:
        return refusal(Reason(why), payment_id=payment_id)  # as the first answer said: the order refused the flip
    return no_charge(payment)


async def _correction_of(connection: Connection, payment: Payment) -> Correction:
    """Who took the payment in hand."""
    now = await payments.by_id(connection, payment.payment_id)
    if now is None or now.correction_id is None:
        raise refusal(Reason.PAYMENT_NOT_FOUND, payment_id=payment.payment_id)
    return await corrections.by_id(connection, now.subject, now.correction_id)


async def _begin_expiry(connection: Connection, payment: Payment) -> Correction | None:
    if payment.correction_id is not None:
        return None
    correction = whole(payment, new_id(), StateReason.AUTHORIZATION_EXPIRED, COMPLETER)
    return await begin(connection, payment, correction)
