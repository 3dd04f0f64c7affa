"""`payonce refund` and `payonce reverse`: the way back."""

import typer

from payonce.cli.amounts import Amount
from payonce.cli.command import command
from payonce.cli.session import Session
from payonce.cli.words import (
    WITHIN_S,
    ByOrder,
    ByPayment,
    ByTicket,
    PaymentId,
    Reason,
    RequestId,
    Within,
    one_of,
)

app = typer.Typer()


@command(app)
def refund(
    session: Session,
    payment_id: PaymentId,
    amount: Amount,
    *,
    reason: Reason = "",
    request_id: RequestId = None,
    within_s: Within = WITHIN_S,
) -> None:
    """Give back part of a payment, or all of it."""
    made = session.client.refund_payment(
        payment_id, amount, reason=reason, request_id=session.named(request_id), within_s=within_s
    )
    session.say.one(made, "refunded")


@command(app)
def reverse(
    session: Session,
    *,
    order: ByOrder = None,
    ticket: ByTicket = None,
    payment: ByPayment = None,
    reason: Reason = "",
    within_s: Within = WITHIN_S,
) -> None:
    """Undo a payment: what is left of it goes back. Of what was never paid: it never will be."""
    of = one_of(order_id=order, ticket=ticket, payment_id=payment)
    session.say.one(session.client.reverse_payment(**of, reason=reason, within_s=within_s))
