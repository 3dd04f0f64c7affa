"""Messages as people read them. Fields keep the names that they have in `protos/` and in --json."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from payonce.type.v1.money_pb2 import Money
from shared import money


def text(message: Message, name: str) -> str:
    """One field; empty when it is not set."""
    field = message.DESCRIPTOR.fields_by_name[name]
    value = getattr(message, name)
    if field.message_type:
        return _message_text(value) if message.HasField(name) else ""
    if field.enum_type:
        return _word({each.number: each.name for each in field.enum_type.values}, value)
    if field.type == FieldDescriptor.TYPE_BOOL:
        return "yes" if value else "no"
    return str(value)


def when(time: Timestamp) -> str:
    """In UTC, to the millisecond: `2026-11-27 16:41:20.123Z`."""
    return time.ToDatetime().isoformat(" ", "milliseconds") + "Z"


def amount(value: Money) -> str:
    """`12.00 EUR`."""
    return str(money.Money(value.currency_code, value.minor_units))


def _word(names: Mapping[int, str], number: int) -> str:
    """Without its type's prefix: PAYMENT_STATE_SUCCEEDED is SUCCEEDED. An unknown number is a newer service's."""
    prefix = names[0].removesuffix("UNSPECIFIED")
    return names.get(number, str(number)).removeprefix(prefix) if number else ""


def _message_text(value: Message) -> str:
    if isinstance(value, Money):
        return amount(value)
    if isinstance(value, Timestamp):
        return when(value)
    raise TypeError(f"{value.DESCRIPTOR.full_name} is not one word")


def details(pairs: Iterable[tuple[str, str]]) -> Text:
    """A line for each that is not empty: the name, the value."""
    found = [(name, value) for name, value in pairs if value]
    width = max((len(name) for name, _ in found), default=0)
    return Text("\n").join(Text.assemble((name.ljust(width), "dim"), "  ", value) for name, value in found)


def fields(message: Message, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every field of it, and of the messages within it under their path."""
    for field in message.DESCRIPTOR.fields:
        name, value = field.name, getattr(message, field.name)
        if field.message_type and not isinstance(value, Money | Timestamp):
            if message.HasField(name):
                yield from fields(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", text(message, name)


def listing(messages: Iterable[Message], columns: Sequence[str]) -> Table:
    """A line for each; what is counted stands on the right."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    rows = list(messages)
    for name in columns:
        field = rows[0].DESCRIPTOR.fields_by_name[name] if rows else None
        counted = field and (field.message_type is Money.DESCRIPTOR or field.type == FieldDescriptor.TYPE_INT64)
        table.add_column(name, justify="right" if counted else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(text(row, name) for name in columns))
    return table
