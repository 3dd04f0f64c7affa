"""Amounts of money as people write them: `12.00EUR`, `'12.00 EUR'`, `1200JPY`. Never by way of a float."""

import re
from typing import Annotated, TypeAlias

import typer

from payonce.type.v1.money_pb2 import Money
from shared.money import to_minor_units

FORM = re.compile(r"(?P<whole>[0-9]+)(\.(?P<fraction>[0-9]+))? ?(?P<currency>[A-Z]{3})", re.ASCII)


def amount(text: str) -> Money:
    """The exact amount. A usage error, saying how to write it, when it is none or has more digits than its currency."""
    found = FORM.fullmatch(text.strip())
    if not found:
        raise typer.BadParameter(f"'{text}' is no amount: write it with its ISO 4217 currency, such as 12.00EUR")
    currency = found["currency"]
    try:
        minor_units = to_minor_units(found["whole"], found["fraction"] or "", currency)
    except ValueError as error:
        raise typer.BadParameter(f"'{text}' can't be paid: {error} (ISO 4217)") from None
    return Money(currency_code=currency, minor_units=minor_units)


HOW = "With its currency, such as 12.00EUR."
Amount: TypeAlias = Annotated[Money, typer.Argument(parser=amount, metavar="AMOUNT", help=HOW)]
AmountOption: TypeAlias = Annotated[Money | None, typer.Option(parser=amount, metavar="AMOUNT", help=HOW)]
Expected: TypeAlias = Annotated[
    Money | None,
    typer.Option("--expect", parser=amount, metavar="AMOUNT", help="Refuse unless the order costs this: 12.00EUR."),
]
