"""`payonce lookup`, `explain`, `statement`: what is known, what happened, what moved."""

from functools import partial

import typer

from payonce.cli.command import command
from payonce.cli.session import Session
from payonce.cli.timeline import timeline
from payonce.cli.words import AccountId, All, ByOrder, ByPayment, ByTicket, Limit, one_of

app = typer.Typer()
ENTRIES = ("sequence", "create_time", "kind", "amount", "balance_after", "payment_id")


@command(app)
def statement(session: Session, account_id: AccountId, *, limit: Limit = 50, all_: All = False) -> None:
    """List what moved on an account, newest first, with the balance after each."""
    entries = partial(session.client.iter_entries, account_id)
    session.list(entries, ENTRIES, None if all_ else limit)


@command(app)
def lookup(session: Session, *, order: ByOrder = None, ticket: ByTicket = None) -> None:
    """Tell whether an order or a ticket is paid; for who lost the answer."""
    session.say.one(session.client.lookup_payment(**one_of(order_id=order, ticket=ticket)))


@command(app)
def explain(session: Session, *, order: ByOrder = None, ticket: ByTicket = None, payment: ByPayment = None) -> None:
    """Tell every attempt to pay: when, who, what was decided and why; and what was given back."""
    found = session.client.explain_payment(**one_of(order_id=order, ticket=ticket, payment_id=payment))
    if session.say.as_json:
        session.say.one(found)
    else:
        session.say.out.print(timeline(found))
