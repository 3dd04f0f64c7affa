"""`payonce bench`: a short load on the running pair, with accounts of its own."""

from typing import Annotated

import typer

from payonce.cli.command import command
from payonce.cli.exits import Exit
from payonce.cli.load import Load, measure
from payonce.cli.session import Session

app = typer.Typer()


@command(app)
def bench(
    session: Session,
    *,
    payments: Annotated[int, typer.Option(min=1, max=100_000, help="So many orders are paid, each twice.")] = 1000,
    at_once: Annotated[int, typer.Option(min=1, max=1000, help="So many calls are under way at a time.")] = 64,
    currency: Annotated[str, typer.Option(metavar="CODE", help="ISO 4217.")] = "EUR",
) -> None:
    """Measure the running pair: pay orders of its own, then each again. The accounts stay, and begin with `bench-`.

    What it tells is of this machine at this moment, the caller's own share included; `make bench` measures more.
    """
    load = Load(payments=payments, at_once=at_once, currency=currency)
    figures = session.run(measure(load, session.environ, session.say))
    session.say.figures(figures)
    if not figures["charges"] == figures["replays"] == payments:
        raise typer.Exit(Exit.REFUSED)
