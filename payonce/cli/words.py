"""The words of the command line that several commands share: ids, what is asked about, enums."""

import sys
from enum import Enum
from typing import Annotated, TypeAlias

import typer

from payonce.order.v1.order_pb2 import OrderStatus
from payonce.payment.v1.account_pb2 import AccountKind
from payonce.payment.v1.payment_pb2 import PaymentState

WITHIN_S = 10.0


class Status(Enum):
    """Of an order."""

    UNPAID = "unpaid"
    PAID = "paid"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"

    @property
    def number(self) -> OrderStatus.ValueType:
        """On the wire."""
        return OrderStatus.Value(f"ORDER_STATUS_{self.name}")


class State(Enum):
    """Of a payment."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    REVERSED = "reversed"
    REFUNDED = "refunded"
    VOIDED = "voided"
    AUTHORIZED = "authorized"

    @property
    def number(self) -> PaymentState.ValueType:
        """On the wire."""
        return PaymentState.Value(f"PAYMENT_STATE_{self.name}")


class Kind(Enum):
    """Of an account."""

    CUSTOMER = "customer"
    MERCHANT = "merchant"

    @property
    def number(self) -> AccountKind.ValueType:
        """On the wire."""
        return AccountKind.Value(f"ACCOUNT_KIND_{self.name}")


def ticket(text: str) -> str:
    """A ticket is as good as money, and other users of the machine see command lines: `-` reads it from stdin."""
    return sys.stdin.readline().strip() if text == "-" else text


def one_of(**given: str | None) -> dict[str, str]:
    """The one that is given; a usage error when it isn't one."""
    found = {name: value for name, value in given.items() if value}
    if len(found) != 1:
        options = ", ".join(f"--{name.removesuffix('_id')}" for name in given)
        raise typer.BadParameter(f"give one of {options}", param_hint=options)
    return found


TICKET_HELP = "22 characters; - reads it from standard input."
OrderId: TypeAlias = Annotated[str, typer.Argument(metavar="ORDER", help="The order's id.")]
PaymentId: TypeAlias = Annotated[str, typer.Argument(metavar="PAYMENT", help="The payment's id, a UUID.")]
AccountId: TypeAlias = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id.")]
Ticket: TypeAlias = Annotated[str, typer.Argument(metavar="TICKET", parser=ticket, help=TICKET_HELP)]
ByOrder: TypeAlias = Annotated[str | None, typer.Option("--order", metavar="ORDER", help="Of this order.")]
ByTicket: TypeAlias = Annotated[
    str | None, typer.Option("--ticket", metavar="TICKET", parser=ticket, help=f"Of this ticket: {TICKET_HELP}")
]
ByPayment: TypeAlias = Annotated[str | None, typer.Option("--payment", metavar="PAYMENT", help="Of this payment.")]
Reason: TypeAlias = Annotated[str, typer.Option(metavar="TEXT", help="Why, for people; kept with it.")]
RequestId: TypeAlias = Annotated[
    str | None, typer.Option(metavar="ID", help="Names this request: with the same id it happens once. Else a new one.")
]
Within: TypeAlias = Annotated[float, typer.Option(min=1, metavar="SECONDS", help="Ask again until there is an answer.")]
Limit: TypeAlias = Annotated[int, typer.Option(min=1, help="So many at most.")]
All: TypeAlias = Annotated[bool, typer.Option("--all", help="All there are, whatever the limit.")]
