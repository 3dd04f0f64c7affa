"""What the client's methods take and answer, where that is not a message of `protos/`."""

from dataclasses import dataclass

import uuid_utils

from payonce.payment.v1.payment_pb2 import Payment


@dataclass(frozen=True, slots=True)
class PaidTicket:
    """The answer to `pay_with_ticket`. `replayed`: the ticket had been used before, and this is its payment."""

    payment: Payment
    replayed: bool


@dataclass(frozen=True, slots=True)
class PaidOrder:
    """The answer to `pay_order`. `replayed`: the order had been paid before, and this is that payment.

    `order_confirmed` is False when the order service could not be reached after the money had moved: payment_service
    goes on by itself until the order is PAID.
    """

    payment: Payment
    order_confirmed: bool
    replayed: bool


def new_request_id() -> str:
    """UUID version 7: made once for each call of a method, and sent with every try of it."""
    return str(uuid_utils.uuid7())


def one_of(**given: str | None) -> dict[str, str]:
    """The one that is given; TypeError when it isn't one. Protobuf itself would take the last of several."""
    found = {name: value for name, value in given.items() if value is not None}
    if len(found) != 1:
        raise TypeError(f"give one of {', '.join(given)}")
    return found
