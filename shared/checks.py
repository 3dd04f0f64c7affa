"""Checks of request fields. Every violation is collected, so that a caller sees them all at once."""

import re
from uuid import UUID

from shared.errors import PayonceError, Reason, Violation
from shared.ids import CLIENT_ID, CLIENT_ID_RULE
from shared.money import MAX_AMOUNT_MINOR, Money, is_currency

# Only the canonical spelling; UUID() takes braces, `urn:` and any hyphens too.
UUID_FORM = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


class Checks:
    """Collects violations while the fields of one request are read. `done()` raises when there are any."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []

    def fail(self, field: str, description: str) -> None:
        self.violations.append(Violation(field, description))

    def client_id(self, field: str, value: str) -> str:
        if not CLIENT_ID.fullmatch(value):
            self.fail(field, CLIENT_ID_RULE)
        return value

    def uuid(self, field: str, value: str) -> UUID:
        if UUID_FORM.fullmatch(value):
            return UUID(value)
        self.fail(field, "must be a UUID")
        return UUID(int=0)

    def text(self, field: str, value: str, limit: int) -> str:
        if len(value) > limit:
            self.fail(field, f"must be at most {limit} characters")
        if not all(character.isprintable() for character in value):
            self.fail(field, "must be printable: no control or direction-changing characters")
        return value

    def currency(self, field: str, code: str) -> str:
        if not is_currency(code):
            self.fail(field, "must be an ISO 4217 currency code in upper case, such as EUR")
        return code

    def amount(self, field: str, currency_code: str, minor_units: int) -> Money:
        self.currency(f"{field}.currency_code", currency_code)
        if not 1 <= minor_units <= MAX_AMOUNT_MINOR:
            self.fail(f"{field}.minor_units", f"must be 1 to {MAX_AMOUNT_MINOR}")
        return Money(currency_code, minor_units)

    def size(self, field: str, count: int, limit: int) -> None:
        if not 1 <= count <= limit:
            self.fail(field, f"must have 1 to {limit} items")

    def done(self) -> None:
        """Raise INVALID_REQUEST with every violation found, or nothing."""
        if self.violations:
            text = "; ".join(f"{v.field}: {v.description}" for v in self.violations[:3])
            raise PayonceError(Reason.INVALID_REQUEST, text, violations=self.violations)
