"""Values at the edge: what is taken for a currency, for a UUID; and how much of what is wrong travels."""

import operator
import uuid
from collections.abc import Callable

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from shared.checks import Checks
from shared.errors import PayonceError
from shared.money import MAX_AMOUNT_MINOR, Money, exponent, is_currency, to_minor_units
from shared.rpc.errors import trailing_metadata

METADATA_LIMIT = 8 * 1024  # grpc's soft limit; above it a server may refuse, above 16 kB it does


@pytest.mark.parametrize(("code", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3)])
def test_currencies_have_their_own_number_of_digits(code: str, digits: int) -> None:
    assert is_currency(code)
    assert exponent(code) == digits


def test_amounts_are_shown_with_the_digits_of_their_currency() -> None:
    assert [str(Money("EUR", -5)), str(Money("JPY", 1234)), str(Money("KWD", 1))] == [
        "-0.05 EUR",
        "1234 JPY",
        "0.001 KWD",
    ]


@pytest.mark.parametrize("code", ["", "eur", "XAU", "XXX", "EURO", "E\0R"])
def test_what_is_no_currency(code: str) -> None:
    assert not is_currency(code)
    with pytest.raises(ValueError, match="no currency"):
        exponent(code)


@pytest.mark.parametrize(
    ("whole", "fraction", "code", "minor_units"),
    [("12", "5", "EUR", 1250), ("0", "01", "EUR", 1), ("12", "", "JPY", 12), ("1", "001", "KWD", 1001)],
)
def test_what_people_write_is_exact(whole: str, fraction: str, code: str, minor_units: int) -> None:
    assert to_minor_units(whole, fraction, code) == minor_units


@pytest.mark.parametrize(
    ("whole", "fraction", "code", "why"),
    [
        ("1", "001", "EUR", "at most 2 digits"),
        ("1", "0", "JPY", "at most 0 digits"),
        ("0", "00", "EUR", "an amount is 1 to"),
        (str(MAX_AMOUNT_MINOR), "", "EUR", "an amount is 1 to"),
        ("9" * 5000, "", "EUR", "integer string"),
        ("1", "", "XXX", "no currency"),
    ],
)
def test_what_is_no_amount(whole: str, fraction: str, code: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        to_minor_units(whole, fraction, code)


def test_what_callers_send_is_not_kept() -> None:
    assert not hasattr(is_currency, "cache_info")
    assert not hasattr(exponent, "cache_info")


def test_a_uuid_in_either_case() -> None:
    value = uuid.uuid4()
    checks = Checks()
    assert checks.uuid("id", str(value)) == checks.uuid("id", str(value).upper()) == value
    checks.done()


@pytest.mark.parametrize(
    "value",
    [
        f"urn:{uuid.uuid4().hex}",
        f"{{{uuid.uuid4().hex}}}--",
        uuid.uuid4().hex,
        f"{uuid.uuid4().hex}----",
        str(uuid.uuid4()).replace("-", "_"),
        f"{uuid.uuid4()}\n",
        "",
    ],
)
def test_what_is_no_uuid(value: str) -> None:
    checks = Checks()
    checks.uuid("id", value)
    with pytest.raises(PayonceError, match="id: must be a UUID"):
        checks.done()


def test_a_thousand_violations_fit_into_metadata() -> None:
    checks = Checks()
    for i in range(1_000):
        checks.client_id(f"order_ids[{i}]", "")
    with pytest.raises(PayonceError) as caught:
        checks.done()
    assert len(caught.value.violations) == 1_000
    packed = dict(trailing_metadata(caught.value))["grpc-status-details-bin"]
    assert len(packed) < METADATA_LIMIT
    status = status_pb2.Status.FromString(packed)
    assert status.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    bad = error_details_pb2.BadRequest()
    assert any(detail.Unpack(bad) for detail in status.details)
    assert bad.field_violations[0].field == "order_ids[0]"
    assert len(bad.field_violations) == 21
    assert bad.field_violations[-1].description == "and 980 more"


@pytest.mark.parametrize("operate", [operator.add, operator.lt, operator.le, operator.gt, operator.ge, operator.mul])
def test_money_has_no_arithmetic_of_tuples(operate: Callable[[object, object], object]) -> None:
    with pytest.raises(TypeError):
        operate(Money("EUR", 900), Money("USD", 1))
