"""The money transaction: claim, debit, ledger, one commit. A charge is a charge, whatever it is for."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from payment_service.domain.charges import Attempt, in_progress
from payment_service.domain.history import Event, EventKind
from payment_service.domain.ledger import Refused
from payment_service.domain.payments import Payment, PaymentState, Subject, order_of, refusal
from payment_service.storage import claims, history, payments, tickets
from payment_service.usecases.post import post
from shared.database import Connection, ContendedError, Database
from shared.errors import PayonceError, Reason
from shared.failpoints import failpoint
from shared.hurry import HURRIED

Charged = dict[Subject, Payment | PayonceError]


async def charge(database: Database, attempts: Sequence[Attempt]) -> Charged:
    """For each subject its one payment, made now or found there; or why there is none. Safe to run again.

    Raises ContendedError when another transaction keeps a claim or an account for too long.
    """

    async def work(connection: Connection) -> Charged:
        claimed = await claims.claim(connection, attempts)
        failpoint("claim_inserted")
        won = [attempt for attempt in attempts if attempt.subject in claimed]
        expired = await _use_tickets(connection, won)
        fit = [attempt for attempt in won if attempt.payment_id not in expired]
        made = await post(connection, [attempt.movement for attempt in fit])
        refused = {r.movement.payment_id: r for r in made.refused if r.movement.payment_id}
        errors = {
            **{a.subject: refusal(Reason.TICKET_EXPIRED) for a in won if a.payment_id in expired},
            **{a.subject: _why(a, refused[a.payment_id]) for a in fit if a.payment_id in refused},
        }
        await _let_go(connection, [a for a in won if a.subject in errors], refused)
        await _write_history(connection, [a for a in won if a.payment_id not in expired], refused)
        return {**await _found(connection, attempts, claimed), **claimed, **errors}

    return await database.transact(work, name="charge")


async def charge_or_split(database: Database, attempts: Sequence[Attempt]) -> Charged:
    """`charge`; one alone that has to wait too long is PAYMENT_IN_PROGRESS, a batch is split by who called.

    One that had no time to wait (`shared.hurry`) raises ContendedError, too: it is run once more.
    """
    if not attempts:
        return {}
    try:
        return await charge(database, attempts)
    except ContendedError:
        if len(attempts) > 1 or HURRIED.get():
            raise  # the batch is split, so that only the one who waits has to wait
        return {attempts[0].subject: in_progress(attempts[0].subject)}


async def _use_tickets(connection: Connection, won: Sequence[Attempt]) -> set[UUID]:
    """Take the tickets of those that pay with one; the payments whose ticket's time is over."""
    pairs = [(a.subject, a.payment_id) for a in won if not order_of(a.subject)]
    if not pairs:
        return set()
    used = await tickets.use(connection, pairs)
    failpoint("tickets_used")
    return {payment_id for _, payment_id in pairs if payment_id not in used}


async def _let_go(connection: Connection, without: Sequence[Attempt], refused: Mapping[UUID, Refused]) -> None:
    """Keep no claim and no ticket. Too little money is recorded as DECLINED; the rest leaves nothing."""
    if not without:
        return
    await claims.unclaim(connection, without)
    if used := [(a.subject, a.payment_id) for a in without if not order_of(a.subject) and a.payment_id in refused]:
        await tickets.give_back(connection, used)
    if declined := [a for a in without if _is_declined(a, refused)]:
        await claims.record_declined(connection, declined)


async def _write_history(connection: Connection, attempts: Sequence[Attempt], refused: Mapping[UUID, Refused]) -> None:
    events = [
        Event(a.subject, a.payment_id, kind, a.caller.name, reason, a.amount.minor_units)
        for a in attempts
        for kind, reason in _decided(a, refused)
    ]
    if events:
        await history.record(connection, events)


def _decided(attempt: Attempt, refused: Mapping[UUID, Refused]) -> list[tuple[EventKind, str]]:
    if attempt.payment_id not in refused:
        return [(EventKind.CHARGED if attempt.hold_for is None else EventKind.AUTHORIZED, "")]
    return [(EventKind.DECLINED, Reason.INSUFFICIENT_FUNDS)] if _is_declined(attempt, refused) else []


def _is_declined(attempt: Attempt, refused: Mapping[UUID, Refused]) -> bool:
    found = refused.get(attempt.payment_id)
    return found is not None and found.reason == Reason.INSUFFICIENT_FUNDS


async def _found(connection: Connection, attempts: Sequence[Attempt], claimed: Mapping[Subject, Payment]) -> Charged:
    """Lost is not failed: somebody else's payment is the answer."""
    lost = [attempt for attempt in attempts if attempt.subject not in claimed]
    if not lost:
        return {}
    found: Charged = dict(await payments.by_subjects(connection, [attempt.subject for attempt in lost]))
    for attempt in lost:
        if attempt.subject in found:
            continue
        # A commit whose answer was lost, run again: this very attempt was declined by it.
        own = await payments.by_id(connection, attempt.payment_id)
        if own is None or own.state != PaymentState.DECLINED:
            raise ContendedError
        found[attempt.subject] = refusal(Reason.INSUFFICIENT_FUNDS, order_id=order_of(attempt.subject))
    return found


def _why(attempt: Attempt, refused: Refused) -> PayonceError:
    return refusal(refused.reason, order_id=order_of(attempt.subject), account_id=refused.account_id)
