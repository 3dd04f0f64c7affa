"""Reversal (冲正): undo a charge by an equal and opposite transfer, once."""

import structlog

from payment_service.domain.ledger import Transfer, TransferKind
from payment_service.domain.payments import Payment
from payment_service.storage import payments
from payment_service.usecases.post import post
from shared.database import Connection, Database
from shared.errors import PayonceError, Reason
from shared.ids import new_id

log = structlog.get_logger()


async def reverse(database: Database, payment: Payment, reason: Reason) -> Payment:
    """The payment, REVERSED now or before. Only after a definitive refusal, and only while it is unconfirmed."""
    transfer = Transfer(
        transfer_id=new_id(),
        kind=TransferKind.REVERSAL,
        source=payment.payee_account_id,
        target=payment.payer_account_id,
        amount=payment.amount,
        payment_id=payment.payment_id,
    )

    async def work(connection: Connection) -> Payment:
        reversed_now = await payments.reverse(connection, payment, reason)
        if reversed_now is None:  # somebody else was quicker
            return (await payments.by_orders(connection, [payment.order_id]))[payment.order_id]
        made = await post(connection, [transfer])
        if made.refused:
            why = made.refused[0].reason
            raise PayonceError(why, f"payment {payment.payment_id} can't be reversed: {why}")
        return reversed_now

    result = await database.transact(work)
    log.info("reversed", order_id=payment.order_id, payment_id=str(payment.payment_id), reason=reason)
    return result
