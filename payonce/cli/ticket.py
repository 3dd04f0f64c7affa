"""`payonce ticket`: payments without an order. Get a one-time ticket, then pay with it."""

from typing import Annotated

import typer

from payonce.cli.amounts import Amount, AmountOption
from payonce.cli.command import command
from payonce.cli.paid import say_paid
from payonce.cli.session import Session
from payonce.cli.words import WITHIN_S, AccountId, Ticket, Within

app = typer.Typer(help="Pay without an order: one-time tickets.", no_args_is_help=True)


@command(app)
def create(
    session: Session,
    payer: AccountId,
    *,
    payee: Annotated[str, typer.Option(metavar="ACCOUNT", help="It pays to this account alone.")] = "",
    amount: AmountOption = None,
    ttl_s: Annotated[
        int, typer.Option(min=0, max=604_800, help="Good for so many seconds; 0: as the service has it.")
    ] = 0,
    within_s: Within = WITHIN_S,
) -> None:
    """Make a ticket that pays once from the customer account ACCOUNT. Keep it like a password."""
    made = session.client.create_ticket(payer, payee_account_id=payee, amount=amount, ttl_s=ttl_s, within_s=within_s)
    session.say.one(made)


@command(app)
def pay(
    session: Session,
    ticket: Ticket,
    amount: Amount,
    *,
    payee: Annotated[str, typer.Option(metavar="ACCOUNT", help="The merchant account to credit.")],
    within_s: Within = WITHIN_S,
) -> None:
    """Pay with a ticket. A used one answers with the payment that it made."""
    paid = session.client.pay_with_ticket(ticket, payee_account_id=payee, amount=amount, within_s=within_s)
    say_paid(session.say, paid)
