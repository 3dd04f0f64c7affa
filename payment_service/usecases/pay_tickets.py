"""PayWithTicket, for a list of commands; and making a ticket."""

from collections.abc import Sequence

from payment_service.domain.charges import Attempt, Paid, Standing, answer_of
from payment_service.domain.ledger import AccountKind
from payment_service.domain.payments import Subject, refusal
from payment_service.domain.tickets import PayWithTicket, Ticket, check_made_for, check_used_for
from payment_service.storage import accounts, tickets
from payment_service.usecases.pay_orders import charge_or_split
from shared.database import Connection, Database
from shared.errors import PayonceError, Reason
from shared.ids import new_id
from shared.money import Money


class PayTickets:
    """A list of commands in, a list of outcomes out."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, commands: Sequence[PayWithTicket]) -> list[Paid | PayonceError]:
        """An outcome for each command. Several with one ticket get the same payment; one of them was the first."""
        subjects = sorted({command.subject for command in commands})
        found = await self._database.read(lambda c: tickets.by_subjects(c, subjects))
        refused = {i: error for i, c in enumerate(commands) if (error := _unfit(c, found))}
        wanted: dict[Subject, PayWithTicket] = {}
        for i, command in enumerate(commands):
            if i not in refused:
                wanted.setdefault(command.subject, command)
        attempts = [_attempt(command, found[subject]) for subject, command in wanted.items()]
        charged = await charge_or_split(self._database, attempts)
        fresh = {attempt.payment_id for attempt in attempts}
        outcomes: list[Paid | PayonceError] = []
        for i, command in enumerate(commands):
            end = refused.get(i) or charged[command.subject]
            if isinstance(end, PayonceError):
                outcomes.append(end)
                continue
            replayed = end.payment_id not in fresh
            fresh.discard(end.payment_id)
            mismatch = check_used_for(command, end)
            outcomes.append(mismatch or answer_of(Standing(end, confirmed=True), hold=False, replayed=replayed))
        return outcomes


class Tickets:
    """Making tickets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self, *, subject: Subject, caller: str, payer: str, payee: str | None, amount: Money | None, ttl_s: float
    ) -> Ticket:
        """A ticket for the subject. Raises ACCOUNT_NOT_FOUND, ACCOUNT_KIND_MISMATCH, CURRENCY_MISMATCH."""

        async def work(connection: Connection) -> Ticket:
            account = await accounts.by_id(connection, payer)
            if account is None:
                raise refusal(Reason.ACCOUNT_NOT_FOUND, account_id=payer)
            if account.kind != AccountKind.CUSTOMER:
                raise refusal(Reason.ACCOUNT_KIND_MISMATCH, account_id=payer)
            if amount and amount.currency != account.balance.currency:
                raise refusal(Reason.CURRENCY_MISMATCH, account_id=payer, currency=account.balance.currency)
            made = await tickets.create(
                connection, subject=subject, caller=caller, payer=payer, payee=payee, amount=amount, ttl_s=ttl_s
            )
            # Already there: this very transaction, run again after a commit whose answer was lost.
            return made or (await tickets.by_subjects(connection, [subject]))[subject]

        return await self._database.transact(work, name="create_ticket")


def _attempt(command: PayWithTicket, ticket: Ticket) -> Attempt:
    return Attempt(
        subject=command.subject,
        payer_account_id=ticket.payer_account_id,
        payee_account_id=command.payee_account_id,
        amount=command.amount,
        caller=command.caller,
        owner_id=None,
        hold_for=None,
        payment_id=new_id(),
        transfer_id=new_id(),
    )


def _unfit(command: PayWithTicket, found: dict[Subject, Ticket]) -> PayonceError | None:
    ticket = found.get(command.subject)
    if ticket is None or ticket.caller != command.caller:
        return refusal(Reason.TICKET_NOT_FOUND)  # somebody else's = absent
    return check_made_for(command, ticket)
