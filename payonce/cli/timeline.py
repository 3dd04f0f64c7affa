"""What happened to the payments of an order or ticket, as lines of time."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from payonce.cli.render import amount, text, when
from payonce.payment.v1.history_pb2 import ExplainPaymentResponse, PaymentEvent
from payonce.payment.v1.payment_pb2 import Payment

STYLE = {
    "CHARGED": "green",
    "CAPTURED": "green",
    "CONFIRMED": "green",
    "AUTHORIZED": "cyan",
    "DECLINED": "red",
    "REVERSED": "yellow",
    "REFUNDED": "yellow",
    "VOIDED": "yellow",
}


def timeline(explained: ExplainPaymentResponse) -> RenderableType:
    """A block for each attempt, the oldest first: how it stands, and below that what happened to it."""
    if not explained.attempts:
        return Text("no attempt to pay left anything")
    return Group(*_attempts(explained))


def _attempts(explained: ExplainPaymentResponse) -> Iterator[RenderableType]:
    for payment in explained.attempts:
        yield _head(payment)
        table = Table.grid(padding=(0, 2))
        for column in ("when", "what", "amount", "who", "why"):
            table.add_column(justify="right" if column == "amount" else "left", no_wrap=True)
        for event in explained.events:
            if event.payment_id == payment.payment_id:
                table.add_row(*_line(event))
        yield table


def _head(payment: Payment) -> Text:
    state, why = text(payment, "state"), payment.state_reason
    way = f"{payment.payer_account_id} → {payment.payee_account_id}"
    return Text.assemble(
        (payment.payment_id, "bold"), "  ", (state, STYLE.get(state, "green")), f"  {amount(payment.amount)}  {way}",
        f"  order {payment.order_id}" if payment.order_id else "  by ticket", f"  {why}" if why else "",
    )  # fmt: skip


def _line(event: PaymentEvent) -> list[str | Text]:
    kind = text(event, "kind")
    return [
        f"  {when(event.create_time)}",
        Text(kind, STYLE.get(kind, "")),
        text(event, "amount"),
        event.actor,
        event.reason,
    ]
