"""Encodings of any message, made from its descriptor: a field or an RPC that is new is covered without an edit here.

Written byte by byte, since protobuf's own library refuses to write most of what is wanted: strings that are no UTF-8,
numbers that leave 64 bits, two members of a oneof at once.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
# Texts that are known, by the end of the field's name that takes them: `account_id` goes for `payer_account_id` too.
Known = Mapping[str, Sequence[str]]
X = TypeVar("X")
DEEPEST = 3  # of messages within messages
TOO_MANY = 1001  # items of a batch

NASTY_TEXTS: list[bytes] = [
    b"", b"x" * 65, b"x" * 201, b"x" * 10_000, b"x" * 1_000_000, b"nul\0", b"' OR 1=1 --", b'"; DROP TABLE orders; --',
    "a\u202eb".encode(), "\u200fa".encode(), "\ufeff".encode(), b"a\nb", b"../../etc/passwd", b"%s%n{0}${x}",
    "\U0001f4b6".encode(), "ä".encode(), b"-a", b"system:deposits:EUR", b"00000000-0000-0000-0000-00000000000g",
    b"EURO", b"eur", b"XAU", b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"W10=", b"=" * 8,
]  # fmt: skip
NASTY_NUMBERS = [
    0, 1, -1, 10**15, 10**15 + 1, 2**31 - 1, 2**31, -(2**31), 2**63 - 1, -(2**63), 2**63, 2**64 - 1, 2**64, 2**70,
]  # fmt: skip
T = FieldDescriptor
FIXED = {T.TYPE_FIXED32: "<I", T.TYPE_SFIXED32: "<i", T.TYPE_FLOAT: "<f", T.TYPE_FIXED64: "<Q", T.TYPE_SFIXED64: "<q",
         T.TYPE_DOUBLE: "<d"}  # fmt: skip


def requests(message: Descriptor, known: Known) -> SearchStrategy[bytes]:
    """Bytes of a `message`: some that mean something, some with bad values, some damaged."""
    good, bad, worse = (encodings(message, known, badness) for badness in (0, 1, 3))
    return _weighted((4, good), (3, bad), (1, worse), (2, _damaged(good)))


def encodings(message: Descriptor, known: Known, badness: int, depth: int = 0) -> SearchStrategy[bytes]:
    """Of the right form; the higher the `badness`, the more of its values are bad. 0 still leaves fields out."""

    @st.composite
    def encoding(draw: DrawFn) -> bytes:
        members = {oneof.name: draw(_members(len(oneof.fields), badness)) for oneof in message.oneofs}
        parts = []
        for field in message.fields:
            oneof = field.containing_oneof
            if oneof and oneof.fields.index(field) not in members[oneof.name]:
                continue
            value = _value(field, known, badness, depth)
            count = draw(_how_many(field, badness))
            values = [draw(value)] * count if count > DEEPEST else [draw(value) for _ in range(count)]
            parts += [field_bytes(field.number, *value) for value in values]
        return b"".join(parts)

    return encoding()


def _damaged(whole: SearchStrategy[bytes]) -> SearchStrategy[bytes]:
    """The same bytes, damaged on their way: cut short, changed, doubled, with other bytes put in."""

    @st.composite
    def damage(draw: DrawFn) -> bytes:
        data = draw(whole)[:2_000]
        at = draw(st.integers(0, len(data)))
        junk = draw(st.binary(min_size=1, max_size=8))
        match draw(st.sampled_from(["cut", "put in", "changed", "left out", "doubled", "group", "unknown field"])):
            case "cut":
                return data[:at]
            case "put in":
                return data[:at] + junk + data[at:]
            case "changed":
                return data[:at] + junk + data[at + len(junk) :]
            case "left out":
                return data[:at] + data[at + len(junk) :]
            case "doubled":
                return data + data[at:]
            case "group":
                return data[:at] + b"\x0b" * draw(st.integers(1, 200)) + data[at:]
            case _:
                return data + field_bytes(draw(st.integers(100, 2**29 - 1)), LENGTH, junk)

    return st.one_of(damage(), damage(), st.binary(max_size=64))


def each_bad(message: Descriptor) -> Iterator[bytes]:
    """Each field once with each bad value, the fields of messages within included.

    To be put behind a message that is right: there the last value counts, and a repeated field gains an item.
    """
    for field in message.fields:
        if field.message_type:
            yield from (field_bytes(field.number, LENGTH, inner) for inner in each_bad(field.message_type))
        elif field.type in (T.TYPE_STRING, T.TYPE_BYTES):
            yield from (field_bytes(field.number, LENGTH, text) for text in NASTY_TEXTS)
        elif field.type not in FIXED:
            yield from (field_bytes(field.number, VARINT, varint(number)) for number in NASTY_NUMBERS)


def field_bytes(number: int, wire_type: int, payload: bytes) -> bytes:
    """A field as it stands on the wire."""
    length = varint(len(payload)) if wire_type == LENGTH else b""
    return varint(number << 3 | wire_type) + length + payload


def varint(value: int) -> bytes:
    """Also of what no 64 bits hold: the bytes go on for as long as it takes."""
    rest = value if value >= 0 else value + 2**64
    encoded = bytearray()
    while rest > 0x7F:
        encoded.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes(encoded) + bytes([rest])


def _members(count: int, badness: int) -> SearchStrategy[set[int]]:
    """Which members of a oneof are sent: one; now and then none or all."""
    one = st.integers(0, count - 1).map(lambda i: {i})
    return _weighted((12, one), (badness, st.just(set())), (badness, st.just(set(range(count)))))


def _how_many(field: FieldDescriptor, badness: int) -> SearchStrategy[int]:
    """Of two the last one counts, where the field is not repeated."""
    if field.is_repeated:
        return _weighted((12, st.integers(1, DEEPEST)), (badness, st.sampled_from([0, TOO_MANY])))
    return _weighted((24, st.just(1)), (1 + badness, st.sampled_from([0, 0, 2])))


def _value(field: FieldDescriptor, known: Known, badness: int, depth: int) -> SearchStrategy[tuple[int, bytes]]:
    if field.message_type:
        inner = encodings(field.message_type, known, badness, depth + 1) if depth < DEEPEST else st.just(b"")
        return st.tuples(st.just(LENGTH), inner)
    if field.type in (T.TYPE_STRING, T.TYPE_BYTES):
        return st.tuples(st.just(LENGTH), _texts(field.name, known, badness))
    if field.type in FIXED:
        form = FIXED[field.type]
        values = st.sampled_from([0, 1, 2**31 - 1]).map(lambda value: struct.pack(form, value))
        return st.tuples(st.just(FIXED32 if struct.calcsize(form) == 4 else FIXED64), values)
    return st.tuples(st.just(VARINT), _numbers(field, badness).map(varint))


def _texts(name: str, known: Known, badness: int) -> SearchStrategy[bytes]:
    # Read when it is drawn: ids that the services choose are not known when the tests are collected.
    def one_of(key: str) -> SearchStrategy[bytes]:
        return st.sampled_from(range(64)).map(lambda i: known[key][i % len(known[key])].encode())

    fit = next((key for key in known if name.endswith(key)), None)
    nasty = st.one_of(st.sampled_from(NASTY_TEXTS), st.text(max_size=70).map(str.encode))
    anything = st.sampled_from(sorted(known)).flatmap(one_of)
    return _weighted((20, one_of(fit) if fit else anything), (badness, anything), (badness * 2, nasty))


def _numbers(field: FieldDescriptor, badness: int) -> SearchStrategy[int]:
    nasty = st.one_of(st.sampled_from(NASTY_NUMBERS), st.integers(-(2**63), 2**64 - 1))
    usual = st.sampled_from([value.number for value in field.enum_type.values] if field.enum_type else [1, 5, 5, 5, 60])
    return _weighted((20, usual), (badness * 2, nasty))


def _weighted(*choices: tuple[int, SearchStrategy[X]]) -> SearchStrategy[X]:
    return st.sampled_from([choice for weight, choice in choices for _ in range(weight)]).flatmap(lambda one: one)
