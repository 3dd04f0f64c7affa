"""What may be told of a message, in a span or a log line: ids, which open nothing. Never a ticket, never an amount."""

from collections.abc import Mapping
from typing import Any

IDS = ("order_id", "payment_id")
WITHIN = ("payment", "order", "refund")  # messages within a message that have some


def ids_of(message: Any) -> Mapping[str, str]:
    """The order and the payment that a message is about, as far as it names one of each."""
    if not hasattr(message, "DESCRIPTOR"):
        return {}  # nothing, or bytes that are no message
    fields = message.DESCRIPTOR.fields_by_name
    found = {name: value for name in IDS if name in fields and (value := getattr(message, name))}
    for name in WITHIN:
        if name in fields and message.HasField(name):
            found.update(ids_of(getattr(message, name)))
    return found


def attributes_of(message: Any) -> Mapping[str, str]:
    """The same as attributes of a span."""
    return {f"payonce.{name}": value for name, value in ids_of(message).items()}
