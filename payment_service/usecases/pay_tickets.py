"""PayWithTicket, for a list of commands; and making a ticket."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from payment_service.domain.charges import Attempt, Paid, Standing, answer_of
from payment_service.domain.ledger import AccountKind
from payment_service.domain.ownership import Asked, accounts_of, may_use, owners, told
from payment_service.domain.payments import Payment, Subject, refusal
from payment_service.domain.tickets import PayWithTicket, Ticket, check_made_for, check_used_for
from payment_service.storage import accounts, tickets
from payment_service.usecases.charge import charge_or_split
from shared.callers import Caller
from shared.database import Connection, Database
from shared.errors import PayonceError, Reason, contended
from shared.ids import new_id
from shared.money import Money

ROUNDS = 8  # more different wishes for one ticket at once, all impossible, are told to come again
Ends = dict[PayWithTicket, Payment | PayonceError]


class PayTickets:
    """A list of commands in, a list of outcomes out."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, commands: Sequence[PayWithTicket]) -> list[Paid | PayonceError]:
        """An outcome for each command. Several with one ticket get the same payment; one of them was the first."""
        subjects = sorted({command.subject for command in commands})
        found = await self._database.read(lambda c: tickets.by_subjects(c, subjects))
        owner_of = await self._owners(((c.caller, found.get(c.subject)) for c in commands), {})
        refused = {i: error for i, c in enumerate(commands) if (error := _unfit(c, found.get(c.subject), owner_of))}
        fit = [command for i, command in enumerate(commands) if i not in refused]
        ends, fresh = await self._ends(dict.fromkeys(fit), found)
        used = ((command.caller, end) for command, end in ends.items() if isinstance(end, Payment))
        owner_of = await self._owners(used, owner_of)
        return [
            refused[i] if i in refused else _take(command, ends, fresh, owner_of) for i, command in enumerate(commands)
        ]

    async def _owners(self, asked: Iterable[Asked], known: dict[str, str]) -> dict[str, str]:
        """Whose the accounts are that tell what exists for whom, as far as it is not known."""
        ids = sorted(accounts_of(asked) - known.keys())
        return {**known, **await self._database.read(lambda c: accounts.owners(c, ids))} if ids else known

    async def _ends(self, wishes: Iterable[PayWithTicket], found: dict[Subject, Ticket]) -> tuple[Ends, set[UUID]]:
        """How each wish ends, and the payments tried for.

        Of several wishes for one ticket the first that can be done has it: a wish that is declined burns nothing.
        """
        ends: Ends = {}
        fresh: set[UUID] = set()
        waiting = list(wishes)
        for _ in range(ROUNDS):
            if not waiting:
                break
            first = {command.subject: command for command in reversed(waiting)}
            attempts = [_attempt(command, found[subject]) for subject, command in first.items()]
            charged = await charge_or_split(self._database, attempts)
            fresh |= {attempt.payment_id for attempt in attempts}
            for command in waiting:
                end = charged[command.subject]
                if command is first[command.subject] or not isinstance(end, PayonceError):
                    ends[command] = end
            waiting = [command for command in waiting if command not in ends]
        return {**ends, **{command: contended() for command in waiting}}, fresh


class Tickets:
    """Making tickets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self, *, subject: Subject, caller: Caller, payer: str, payee: str | None, amount: Money | None, ttl_s: float
    ) -> Ticket:
        """A ticket for the subject. Raises ACCOUNT_NOT_FOUND, ACCOUNT_KIND_MISMATCH, CURRENCY_MISMATCH."""

        async def work(connection: Connection) -> Ticket:
            account = await accounts.by_id(connection, payer)
            if account is None or not caller.owns(account.owner_id):
                raise refusal(Reason.ACCOUNT_NOT_FOUND, account_id=payer)
            if account.kind != AccountKind.CUSTOMER:
                raise refusal(Reason.ACCOUNT_KIND_MISMATCH, account_id=payer)
            if amount and amount.currency != account.balance.currency:
                raise refusal(Reason.CURRENCY_MISMATCH, account_id=payer, currency=account.balance.currency)
            made = await tickets.create(
                connection, subject=subject, caller=caller.name, payer=payer, payee=payee, amount=amount, ttl_s=ttl_s
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
        owners=owners(command.caller, payer=ticket.payer_account_id, payee=command.payee_account_id),
        hold_for=None,
        payment_id=new_id(),
        transfer_id=new_id(),
    )


def _take(command: PayWithTicket, ends: Ends, fresh: set[UUID], owner_of: Mapping[str, str]) -> Paid | PayonceError:
    """A wish's answer; of a new payment all but the first are told that it is a replay."""
    end = ends[command]
    if isinstance(end, PayonceError):
        return told(command.caller, end)
    if not may_use(command.caller, end, owner_of):
        return refusal(Reason.TICKET_NOT_FOUND)  # open, and used by somebody else
    if mismatch := check_used_for(command, end):
        return mismatch
    answer = answer_of(Standing(end, confirmed=True), hold=False, replayed=end.payment_id not in fresh)
    fresh.discard(end.payment_id)
    return answer


def _unfit(command: PayWithTicket, ticket: Ticket | None, owner_of: Mapping[str, str]) -> PayonceError | None:
    if ticket is None or not may_use(command.caller, ticket, owner_of):
        return refusal(Reason.TICKET_NOT_FOUND)  # somebody else's = absent
    return check_made_for(command, ticket)
