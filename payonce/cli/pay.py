"""`payonce pay`: once, however often it is asked for; with `--times`, as often as you like."""

from typing import Annotated

import typer

from payonce.cli.amounts import Expected
from payonce.cli.command import command
from payonce.cli.exits import Exit
from payonce.cli.hints import next_of
from payonce.cli.paid import say_paid
from payonce.cli.session import Session
from payonce.cli.storm import Storm, play
from payonce.cli.words import WITHIN_S, OrderId, Within

app = typer.Typer()
PANEL = "The promise at work"


@command(app)
def pay(
    session: Session,
    order_id: OrderId,
    *,
    expect: Expected = None,
    within_s: Within = WITHIN_S,
    times: Annotated[int, typer.Option(min=1, max=500, help="So many callers at once.", rich_help_panel=PANEL)] = 1,
    lose_replies: Annotated[
        float,
        typer.Option(min=0, max=0.9, metavar="SHARE", help="Cut off this share of the replies.", rich_help_panel=PANEL),
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Of the chance that decides which.", rich_help_panel=PANEL)] = 1,
) -> None:
    """Pay an order, once. Paid before, it answers with that payment.

    `--times 50 --lose-replies 0.5` sends it by fifty callers at once, through a proxy that swallows every second reply,
    and counts the charges in the payer's statement. There is one, or the exit status is 1.
    """
    if times == 1 and not lose_replies:
        say_paid(session.say, session.client.pay_order(order_id, expected_amount=expect, within_s=within_s))
        return
    storm = Storm(
        order_id, callers=times, lose_replies=lose_replies, seed=seed, expected_amount=expect, within_s=within_s
    )
    figures = session.run(play(storm, session.environ, session.say))
    charged_once = figures["charges"] == 1
    session.say.figures(figures, "charged once" if charged_once else "NOT charged once")
    for reason in figures["refused"]:
        session.say.note(f"{reason}: {next_of(reason)}")
    if not charged_once:
        raise typer.Exit(Exit.REFUSED)
