"""Money as a value: an ISO 4217 currency and an exact count of its minor unit."""

from typing import NamedTuple, NoReturn

from iso4217 import Currency

# 10^15 minor units is ten trillion euros. Far from 2^63, so that a sum of a batch cannot leave 64 bits.
MAX_AMOUNT_MINOR = 10**15
MAX_BALANCE_MINOR = 2**63 - 1


class Money(NamedTuple):
    """`minor_units` of `currency`: Money("EUR", 1234) is 12.34 EUR."""

    currency: str
    minor_units: int

    def __str__(self) -> str:
        """Decimal notation with the currency's own number of digits: `12.34 EUR`, `1234 JPY`."""
        digits = exponent(self.currency)
        sign = "-" if self.minor_units < 0 else ""
        whole, fraction = divmod(abs(self.minor_units), 10**digits)
        return f"{sign}{whole}{f'.{fraction:0{digits}d}' if digits else ''} {self.currency}"


def _refuse(*_: object) -> NoReturn:
    raise TypeError("amounts of money are not added or compared as such: their currencies may differ")


# A tuple's own operators would concatenate, and compare currencies first.
for _operator in ("__add__", "__mul__", "__rmul__", "__lt__", "__le__", "__gt__", "__ge__"):
    setattr(Money, _operator, _refuse)


# Built once: a cache keyed by what callers send would grow with it.
_EXPONENTS = {currency.code: int(currency.exponent) for currency in Currency if currency.exponent is not None}


def is_currency(code: str) -> bool:
    """Whether ISO 4217 lists `code` as a currency with a minor unit (gold and test codes have none)."""
    return code in _EXPONENTS


def exponent(code: str) -> int:
    """Number of decimal digits of the minor unit: EUR 2, JPY 0, KWD 3. ValueError when unknown."""
    if code not in _EXPONENTS:
        raise ValueError(f"{code} is no currency with a minor unit")
    return _EXPONENTS[code]


def to_minor_units(whole: str, fraction: str, code: str) -> int:
    """An amount in decimal digits, before and after the point, as minor units: exact, never by way of a float.

    ValueError, with a text for people, when the currency is none, has fewer digits, or the amount is out of bounds.
    """
    digits = exponent(code)
    if len(fraction) > digits:
        raise ValueError(f"an amount in {code} has at most {digits} digits after the point")
    minor_units = int(whole + fraction.ljust(digits, "0"))
    if not 1 <= minor_units <= MAX_AMOUNT_MINOR:
        raise ValueError(f"an amount is 1 to {MAX_AMOUNT_MINOR} of the currency's minor unit")
    return minor_units
