"""A request as named fields. Protobuf's bytes are not canonical, so whatever compares requests compares these."""

from typing import Any

from google.protobuf.message import Message


def named_fields(message: Message, *, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """The fields that are set, by name: `amount.minor_units`. A field that a later version adds changes nothing."""
    fields: dict[str, Any] = {}
    for field, value in message.ListFields():
        if field.name in without:
            continue
        if isinstance(value, Message):
            fields |= {f"{field.name}.{name}": inner for name, inner in named_fields(value).items()}
        else:
            fields[field.name] = value
    return fields
