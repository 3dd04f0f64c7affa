"""How it is said that something is paid."""

import dataclasses

from payonce.cli.say import Say
from payonce.client import PaidOrder, PaidTicket


def say_paid(say: Say, paid: PaidOrder | PaidTicket) -> None:
    """The payment, and what else the answer says."""
    values = {field.name: getattr(paid, field.name) for field in dataclasses.fields(paid)}
    say.figures(values, "paid before: this is that payment" if paid.replayed else "paid")
