"""`payonce payment`: read payments; `authorize`, `capture`, `void`: reserve now, charge later."""

from functools import partial
from typing import Annotated

import typer

from payonce.cli.amounts import HOW, Expected, amount
from payonce.cli.command import command
from payonce.cli.paid import say_paid
from payonce.cli.session import Session
from payonce.cli.words import (
    WITHIN_S,
    All,
    Limit,
    OrderId,
    PaymentId,
    Reason,
    State,
    Within,
)
from payonce.payment.v1.payment_pb2 import PaymentState
from payonce.type.v1.money_pb2 import Money

app = typer.Typer(help="Read payments.", no_args_is_help=True)
reserved = typer.Typer()
COLUMNS = ("payment_id", "order_id", "state", "amount", "payer_account_id", "payee_account_id", "create_time")


@command(app)
def get(session: Session, payment_id: PaymentId) -> None:
    """Show a payment, as it stands."""
    session.say.one(session.client.get_payment(payment_id))


@command(app, "list")
def list_all(
    session: Session,
    *,
    order: Annotated[str, typer.Option(metavar="ORDER", help="Attempts to pay this order alone.")] = "",
    payer: Annotated[str, typer.Option(metavar="ACCOUNT", help="From this account alone.")] = "",
    payee: Annotated[str, typer.Option(metavar="ACCOUNT", help="To this account alone.")] = "",
    state: Annotated[State | None, typer.Option(help="In this state alone.")] = None,
    limit: Limit = 50,
    all_: All = False,
) -> None:
    """List payments, declined attempts too, newest first."""
    payments = partial(
        session.client.iter_payments,
        order_id=order,
        payer_account_id=payer,
        payee_account_id=payee,
        state=state.number if state else PaymentState.PAYMENT_STATE_UNSPECIFIED,
    )
    session.list(payments, COLUMNS, None if all_ else limit)


@command(reserved)
def authorize(session: Session, order_id: OrderId, *, expect: Expected = None, within_s: Within = WITHIN_S) -> None:
    """Reserve an order's amount; it is charged by `capture`."""
    session.say.one(session.client.authorize_payment(order_id, expected_amount=expect, within_s=within_s))


@command(reserved)
def capture(
    session: Session,
    payment_id: PaymentId,
    amount: Annotated[Money | None, typer.Argument(parser=amount, metavar="AMOUNT", help=f"Else all. {HOW}")] = None,
    *,
    within_s: Within = WITHIN_S,
) -> None:
    """Charge what was authorized, or part of it; the rest is released."""
    say_paid(session.say, session.client.capture_payment(payment_id, amount=amount, within_s=within_s))


@command(reserved)
def void(session: Session, payment_id: PaymentId, *, reason: Reason = "", within_s: Within = WITHIN_S) -> None:
    """Give an authorization up: nothing was charged, nothing will be."""
    session.say.one(session.client.void_authorization(payment_id, reason=reason, within_s=within_s))
