"""The command against a pair that speaks TLS and asks who calls."""

from pathlib import Path

from tests.cli.command import Cli
from tests.security.world import Keys


def test_a_clerk_a_merchant_and_a_customer(secure: Cli, keys: Keys, tmp_path: Path) -> None:
    secure.told("account", "create", "bob", "--currency", "EUR")
    secure.told("account", "create", "kiosk", "--currency", "EUR", "--kind", "merchant")
    secure.told("account", "deposit", "bob", "50.00EUR")
    kiosk = secure.but(PAYONCE_TOKEN=keys.token("merchant", "kiosk"))
    made = kiosk.answer("order", "create", "order-9", "12.00EUR", "--payer", "bob", "--payee", "kiosk")
    assert made["merchant_id"] == "kiosk"
    token = tmp_path / "token"
    token.write_text(keys.token("customer", "bob"))
    bob = secure.but(PAYONCE_TOKEN="")
    paid = bob.answer("pay", "order-9", "--token-file", str(token))
    assert paid["payment"]["state"] == "PAYMENT_STATE_SUCCEEDED"
    # The file that is named counts, not the token that the environment has.
    denied = kiosk.refused("account", "deposit", "bob", "1.00EUR", "--token-file", str(token), status=4)
    assert (denied["code"], denied["reason"]) == ("PERMISSION_DENIED", "ROLE_NOT_ALLOWED")
    assert "role" in denied["next"]
    (event,) = secure.answer("explain", "--order", "order-9")["events"][:1]
    assert event["actor"] == "customer:bob"


def test_who_does_not_say_who_calls_is_told_how(secure: Cli) -> None:
    error = secure.but(PAYONCE_TOKEN="").refused("order", "get", "order-9", status=4)
    assert error["reason"] == "NOT_AUTHENTICATED"
    assert "payonce token" in error["next"]


def test_plain_text_to_a_pair_that_speaks_tls_is_unavailable(secure: Cli) -> None:
    plain = secure.but(PAYONCE_TLS_CA="", PAYONCE_TLS_CERTIFICATE="", PAYONCE_TLS_KEY="")
    error = plain.refused("order", "get", "order-9", "--timeout-s", "2", status=3)
    assert "PAYONCE_TLS_CA" in error["next"]
