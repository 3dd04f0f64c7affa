"""RefundPayment: money back by request, in part or in full."""

from dataclasses import dataclass
from uuid import UUID

from payment_service.domain.corrections import Correction, CorrectionKind, check_refund, done, movement
from payment_service.domain.payments import Payment, Subject, refusal
from payment_service.storage import corrections, history, payments
from payment_service.usecases.once import Json, Request, once
from payment_service.usecases.ownership import there
from payment_service.usecases.post import post
from payment_service.usecases.take_back import TakeBack, begin
from shared.callers import Caller, Scope
from shared.database import Connection, Database
from shared.errors import PayonceError, Reason, contended
from shared.failpoints import failpoint
from shared.ids import new_id
from shared.money import Money

TRIES = (
    5  # others may change the payment between its read and the conditional UPDATE; each time one of them got through
)


@dataclass(frozen=True, slots=True)
class Refund:
    """The command."""

    payment_id: UUID
    amount: Money
    reason: str
    caller: Caller


class Refunds:
    """Giving back. What leaves something is one transaction; what gives back the rest goes the way back."""

    def __init__(self, database: Database, take_back: TakeBack) -> None:
        self._database = database
        self._take_back = take_back

    async def refund(self, command: Refund, request: Request) -> tuple[Correction, bool]:
        """The refund, carried out, and whether it was asked for before.

        Raises PAYMENT_NOT_FOUND, REFUND_EXCEEDS_PAYMENT, CURRENCY_MISMATCH, PAYMENT_… when there is no charge,
        IDEMPOTENCY_KEY_REUSED, ORDER_SERVICE_UNAVAILABLE when it is noted but not yet carried out.
        """
        correction_id = new_id()

        async def effect(connection: Connection) -> Json:
            correction = await _write_down(connection, command, correction_id)
            return {"subject": correction.subject, "correction_id": str(correction.correction_id)}

        async def allowed(connection: Connection) -> None:
            if command.caller.scope is Scope.OWN:
                payment = await payments.by_id(connection, command.payment_id)
                if await there(connection, command.caller, payment) is None:
                    raise refusal(Reason.PAYMENT_NOT_FOUND, payment_id=command.payment_id)

        response, replayed = await once(self._database, request, correction_id, effect, allowed)
        subject, refund_id = Subject(response["subject"]), UUID(response["correction_id"])
        refund = await self._database.read(lambda c: corrections.by_id(c, subject, refund_id))
        if refund.completed_at is None:
            end = (await self._take_back.carry_out([refund], command.caller.name))[refund_id]
            if isinstance(end, PayonceError):
                raise end
            refund = end
        return refund, replayed


async def _write_down(connection: Connection, command: Refund, correction_id: UUID) -> Correction:
    """Refund a part, or begin to give back the rest."""
    for _ in range(TRIES):
        payment = await payments.by_id(connection, command.payment_id)
        if payment is None:
            raise refusal(Reason.PAYMENT_NOT_FOUND, payment_id=command.payment_id)
        if error := check_refund(payment, command.amount):
            raise error
        correction = Correction(
            correction_id, payment.subject, payment.payment_id, CorrectionKind.REFUND, command.amount,
            None, command.reason, command.caller.name,
        )  # fmt: skip
        give = begin if command.amount == payment.refundable else _give_part
        if written := await give(connection, payment, correction):
            return written
    raise contended()


async def _give_part(connection: Connection, payment: Payment, correction: Correction) -> Correction | None:
    """A refund that leaves something touches no order: intent and money are one transaction."""
    if not await payments.refund_part(connection, payment, correction.amount.minor_units):
        return None
    written = await corrections.write(connection, correction, completed=True)
    moves = movement(correction, payment)
    made = await post(connection, [moves] if moves else [])
    if made.refused:
        raise refusal(made.refused[0].reason, payment_id=payment.payment_id, account_id=made.refused[0].account_id)
    await history.record(connection, [done(correction, correction.actor)])
    failpoint("refund_written")
    return written
