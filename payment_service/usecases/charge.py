"""The money transaction: claim, debit, ledger, one commit."""

from collections.abc import Sequence

from payment_service.domain.ledger import Refused, Transfer, TransferKind
from payment_service.domain.payments import Attempt, Payment, refusal
from payment_service.storage import payments
from payment_service.usecases.post import post
from shared.database import Connection, ContendedError, Database
from shared.errors import PayonceError, Reason
from shared.failpoints import failpoint


async def charge(database: Database, attempts: Sequence[Attempt]) -> dict[str, Payment | PayonceError]:
    """For each order its one payment, made now or found there; or why there is none. Safe to run again.

    Raises ContendedError when another transaction keeps a claim or an account for too long.
    """

    async def work(connection: Connection) -> dict[str, Payment | PayonceError]:
        claimed = await payments.claim(connection, attempts)
        failpoint("claim_inserted")
        won = [attempt for attempt in attempts if attempt.order.order_id in claimed]
        made = await post(connection, [_transfer(attempt) for attempt in won])
        refused = {r.transfer.payment_id: r for r in made.refused}
        await _let_go(connection, [(a, refused[a.payment_id]) for a in won if a.payment_id in refused])
        # Lost is not failed: somebody else's payment is the answer.
        lost = [a.order.order_id for a in attempts if a.order.order_id not in claimed]
        found = await payments.by_orders(connection, lost) if lost else {}
        if len(found) < len(lost):
            raise ContendedError
        errors = {a.order.order_id: _why(a, refused[a.payment_id]) for a in won if a.payment_id in refused}
        return {**found, **claimed, **errors}

    return await database.transact(work, name="charge")


async def _let_go(connection: Connection, refused: Sequence[tuple[Attempt, Refused]]) -> None:
    """A refused attempt keeps no claim. Too little money is recorded as DECLINED; the rest leaves nothing."""
    if not refused:
        return
    await payments.unclaim(connection, [attempt for attempt, _ in refused])
    declined = [attempt for attempt, r in refused if r.reason == Reason.INSUFFICIENT_FUNDS]
    if declined:
        await payments.record_declined(connection, declined)


def _transfer(attempt: Attempt) -> Transfer:
    order = attempt.order
    return Transfer(
        transfer_id=attempt.transfer_id,
        kind=TransferKind.CHARGE,
        source=order.payer_account_id,
        target=order.payee_account_id,
        amount=order.amount,
        payment_id=attempt.payment_id,
        owner_id=order.customer_id,
    )


def _why(attempt: Attempt, refused: Refused) -> PayonceError:
    return refusal(refused.reason, attempt.order.order_id, account_id=refused.account_id)
