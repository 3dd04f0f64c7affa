"""Changes that keep a request a request: libFuzzer's own mostly end in the parser."""

import random
from typing import Any

import atheris
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from fuzz.targets import TARGETS

NUMBERS = [0, 1, -1, 5, 10**15, 10**15 + 1, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63)]
TEXT_LIMIT = 300


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """Another input of at most `max_size` bytes: mostly one field changed, else whatever libFuzzer does to bytes."""
    chance = random.Random(seed)  # noqa: S311 - libFuzzer's seed, so that a run can be repeated
    message = _message(data)
    if message is None or chance.random() < 0.2:  # noqa: PLR2004
        return bytes(atheris.Mutate(data, max_size))
    _change(message, chance)
    changed = data[:1] + message.SerializeToString()
    return changed if len(changed) <= max_size else bytes(atheris.Mutate(data, max_size))


def _message(data: bytes) -> Message | None:
    if not data or data[0] >= len(TARGETS):
        return None
    try:
        return GetMessageClass(TARGETS[data[0]][0].input_type).FromString(data[1:])
    except DecodeError:
        return None


def _change(message: Any, chance: random.Random) -> None:
    """One field: cleared, one more of it, or another value."""
    field: Any = chance.choice(message.DESCRIPTOR.fields)
    if chance.random() < 0.1:  # noqa: PLR2004
        message.ClearField(field.name)
    elif field.is_repeated:
        items = getattr(message, field.name)
        if field.message_type:
            _change(items.add() if not items or chance.random() < 0.3 else chance.choice(items), chance)  # noqa: PLR2004
        else:
            items.append(_value(field, "", chance))
    elif field.message_type:
        _change(getattr(message, field.name), chance)
    else:
        setattr(message, field.name, _value(field, getattr(message, field.name), chance))


def _value(field: Any, now: Any, chance: random.Random) -> Any:
    if field.type == FieldDescriptor.TYPE_STRING:
        return atheris.Mutate(now.encode() or b"a", TEXT_LIMIT).decode(errors="ignore")
    number = chance.choice(NUMBERS)
    fits = field.cpp_type == FieldDescriptor.CPPTYPE_INT64 or -(2**31) <= number < 2**31
    return number if fits else chance.randrange(10)
