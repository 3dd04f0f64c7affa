"""`payonce account`: money in, money out."""

from functools import partial
from typing import Annotated

import typer

from payonce.cli.amounts import Amount
from payonce.cli.command import command
from payonce.cli.session import Session
from payonce.cli.words import WITHIN_S, AccountId, All, Kind, Limit, RequestId, Within

app = typer.Typer(help="Create and read accounts; money in, money out.", no_args_is_help=True)
COLUMNS = ("account_id", "owner_id", "kind", "balance", "available_balance", "create_time")


@command(app)
def create(
    session: Session,
    account_id: AccountId,
    *,
    currency: Annotated[str, typer.Option(metavar="CODE", help="ISO 4217, such as EUR.")],
    kind: Annotated[Kind, typer.Option(help="A customer account pays, a merchant account is paid.")] = Kind.CUSTOMER,
    owner: Annotated[str, typer.Option(metavar="ID", help="Whose it is. Else of the account's name.")] = "",
    within_s: Within = WITHIN_S,
) -> None:
    """Open an account with balance zero. The same again is the same account."""
    account = session.client.create_account(
        account_id, currency_code=currency, kind=kind.number, owner_id=owner, within_s=within_s
    )
    session.say.one(account)


@command(app)
def get(session: Session, account_id: AccountId) -> None:
    """Show an account and its balance."""
    session.say.one(session.client.get_account(account_id))


@command(app, "list")
def list_all(
    session: Session,
    *,
    owner: Annotated[str, typer.Option(metavar="ID", help="Of this owner alone.")] = "",
    limit: Limit = 50,
    all_: All = False,
) -> None:
    """List accounts, by id."""
    accounts = partial(session.client.iter_accounts, owner_id=owner)
    session.list(accounts, COLUMNS, None if all_ else limit)


@command(app)
def deposit(
    session: Session,
    account_id: AccountId,
    amount: Amount,
    *,
    request_id: RequestId = None,
    within_s: Within = WITHIN_S,
) -> None:
    """Put money in, from outside."""
    named = session.named(request_id)
    session.say.one(session.client.deposit(account_id, amount, request_id=named, within_s=within_s))


@command(app)
def withdraw(
    session: Session,
    account_id: AccountId,
    amount: Amount,
    *,
    request_id: RequestId = None,
    within_s: Within = WITHIN_S,
) -> None:
    """Take money out, to outside."""
    named = session.named(request_id)
    session.say.one(session.client.withdraw(account_id, amount, request_id=named, within_s=within_s))
