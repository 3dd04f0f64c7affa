"""Messages of the services in the words of the pages."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from markupsafe import Markup

from payonce.order.v1 import order_pb2
from payonce.payment.v1 import account_pb2, history_pb2, payment_pb2
from payonce.type.v1.money_pb2 import Money
from shared.money import Money as Amount
from shared.money import is_currency

NOTHING = "–"
NARROW = "\u202f"  # a space that does not break, between thousands
SHORT = 8  # characters of an id that tell it from its neighbours: the last ones, since the first are its time
MINUTE_S = 60


def money(amount: Money) -> str:
    """`1 234.50 EUR`, with a true minus sign."""
    if not amount.currency_code:
        return NOTHING
    if not is_currency(amount.currency_code):  # a newer service may know one that we don't
        return f"{amount.minor_units} minor units of {amount.currency_code}"
    number, _, currency = str(Amount(amount.currency_code, amount.minor_units)).partition(" ")
    whole, point, fraction = number.partition(".")
    sign, digits = ("−", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits):,}".replace(",", NARROW) + f"{point}{fraction} {currency}"


def plain_amount(amount: Money) -> str:
    """`12.34`, for a field."""
    return str(Amount(amount.currency_code, amount.minor_units)).partition(" ")[0]


def when(moment: Timestamp) -> Markup:
    """The time, in UTC, to the second."""
    return _time(moment.ToDatetime(UTC), "seconds")


def exactly(moment: Timestamp) -> Markup:
    """The same to the millisecond."""
    return _time(moment.ToDatetime(UTC), "milliseconds")


def clock(seconds: float) -> Markup:
    """Seconds since 1970 as a time of day."""
    at = datetime.fromtimestamp(seconds, UTC)
    return Markup('<time datetime="{}">{:%H:%M} UTC</time>').format(at.isoformat(timespec="seconds"), at)


def age(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 5 s`."""
    if seconds < MINUTE_S:
        return f"{seconds:.0f} s" if seconds >= 10 or seconds == 0 else f"{seconds:.1f} s"  # noqa: PLR2004
    minutes, rest = divmod(round(seconds), MINUTE_S)
    return f"{minutes} min {rest} s"


def short(name: str) -> str:
    """A UUID's last characters; another id as it is."""
    return f"…{name[-SHORT:]}" if len(name) > 3 * SHORT else name


def word(kind: Any, value: int) -> str:
    """An enum's value without what its type says already: `paid`."""
    if value not in kind.values():
        return f"unknown ({value})"
    shared = kind.Name(0).removesuffix("UNSPECIFIED")
    return str(kind.Name(value)).removeprefix(shared).replace("_", " ").lower()


def _time(at: datetime, precision: str) -> Markup:
    machine = at.isoformat(timespec=precision).replace("+00:00", "Z")
    return Markup('<time datetime="{}">{} UTC</time>').format(machine, machine[:-1].replace("T", " "))


def since(moment: Timestamp, earlier: Timestamp) -> str:
    """How much later: `+12 ms`, `+3.4 s`, `+5 min 2 s`; empty for what was begun earlier and written later."""
    passed = moment.ToDatetime(UTC) - earlier.ToDatetime(UTC)
    if passed < timedelta(0):
        return ""
    if passed < timedelta(seconds=1):
        return f"+{passed / timedelta(milliseconds=1):.0f} ms"
    return f"+{age(passed.total_seconds())}"


FILTERS: Mapping[str, Callable[..., str]] = {
    "money": money,
    "plain_amount": plain_amount,
    "when": when,
    "exactly": exactly,
    "clock": clock,
    "age": age,
    "short": short,
    "since": since,
    "payment_state": partial(word, payment_pb2.PaymentState),
    "order_status": partial(word, order_pb2.OrderStatus),
    "account_kind": partial(word, account_pb2.AccountKind),
    "transfer_kind": partial(word, account_pb2.TransferKind),
    "event_kind": partial(word, history_pb2.PaymentEventKind),
}
