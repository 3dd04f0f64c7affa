"""`payonce order`: who owes how much to whom."""

from functools import partial
from typing import Annotated

import typer

from payonce.cli.amounts import Amount
from payonce.cli.command import command
from payonce.cli.session import Session
from payonce.cli.words import WITHIN_S, All, Limit, OrderId, Status, Within
from payonce.order.v1.order_pb2 import OrderStatus

app = typer.Typer(help="Create, read and cancel orders.", no_args_is_help=True)
COLUMNS = ("order_id", "status", "amount", "customer_id", "payee_account_id", "payment_id", "create_time")


@command(app)
def create(
    session: Session,
    order_id: OrderId,
    amount: Amount,
    *,
    payer: Annotated[str, typer.Option(metavar="ACCOUNT", help="The customer account that will be debited.")],
    payee: Annotated[str, typer.Option(metavar="ACCOUNT", help="The merchant account that will be credited.")],
    customer: Annotated[str, typer.Option(metavar="ID", help="Whose order it is. Else of the payer's name.")] = "",
    merchant: Annotated[str, typer.Option(metavar="ID", help="Who made it; of a merchant who calls: themselves.")] = "",
    description: Annotated[str, typer.Option(metavar="TEXT", help="For people.")] = "",
    within_s: Within = WITHIN_S,
) -> None:
    """Create an order that can be paid. The same again is the same order."""
    order = session.client.create_order(
        order_id=order_id,
        customer_id=customer or payer,
        payer_account_id=payer,
        payee_account_id=payee,
        amount=amount,
        description=description,
        merchant_id=merchant,
        within_s=within_s,
    )
    session.say.one(order)


@command(app)
def get(session: Session, order_id: OrderId) -> None:
    """Show an order."""
    session.say.one(session.client.get_order(order_id))


@command(app, "list")
def list_all(
    session: Session,
    *,
    customer: Annotated[str, typer.Option(metavar="ID", help="Of this customer alone.")] = "",
    payee: Annotated[str, typer.Option(metavar="ACCOUNT", help="To be paid to this account alone.")] = "",
    merchant: Annotated[str, typer.Option(metavar="ID", help="Of this merchant alone.")] = "",
    status: Annotated[Status | None, typer.Option(help="In this status alone.")] = None,
    limit: Limit = 50,
    all_: All = False,
) -> None:
    """List orders, newest first."""
    orders = partial(
        session.client.iter_orders,
        customer_id=customer,
        payee_account_id=payee,
        merchant_id=merchant,
        status=status.number if status else OrderStatus.ORDER_STATUS_UNSPECIFIED,
    )
    session.list(orders, COLUMNS, None if all_ else limit)


@command(app)
def cancel(session: Session, order_id: OrderId, *, within_s: Within = WITHIN_S) -> None:
    """Cancel an order that is not paid. Final."""
    session.say.one(session.client.cancel_order(order_id, within_s=within_s), "cancelled: it will never be paid")
