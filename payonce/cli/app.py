"""The parts list: which commands there are, and in which order `--help` tells them."""

import sys
from typing import Any, NoReturn

import typer

from payonce.cli import (
    account,
    backoffice,
    bench,
    databases,
    history,
    order,
    pay,
    payment,
    run,
    security,
    ticket,
)
from payonce.cli.command import settings_in, with_options
from payonce.cli.exits import MEANING
from shared.errors import StartupError

EPILOG = "\n\n".join(["Exit status:", *(f"{status:d}  {meaning}" for status, meaning in MEANING.items())])
app = typer.Typer(no_args_is_help=True, epilog=EPILOG)
app.add_typer(order.app, name="order")
app.add_typer(pay.app)
app.add_typer(ticket.app, name="ticket")
app.add_typer(payment.app, name="payment")
app.add_typer(payment.reserved)
app.add_typer(backoffice.app)
app.add_typer(account.app, name="account")
app.add_typer(history.app)
app.add_typer(bench.app)
app.add_typer(run.app)
app.add_typer(databases.app)
app.add_typer(security.app)


@app.callback()
@with_options
def everywhere(context: typer.Context, **words: Any) -> None:
    """A customer pays an order once.

    The options below go here, or behind a command that calls the services.
    """
    context.obj = settings_in(words)


def main() -> NoReturn:
    """The console command `payonce`."""
    try:
        app()
    except StartupError as error:
        sys.exit(f"payonce: {error}")
    sys.exit(0)
