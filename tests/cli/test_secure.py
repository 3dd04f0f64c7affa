"""The command against a pair that speaks TLS and asks who calls."""

from pathlib import Path

from tests.cli.command import Cli
from tests.security.world import Keys


def test_the_token_in_the_file_that_is_named_counts(secure: Cli, keys: Keys, tmp_path: Path) -> None:
    """Not the clerk's, which the environment has."""
    token = tmp_path / "token"
    token.write_text(keys.token("customer", "bob"))
    denied = secure.refused("account", "deposit", "bob", "1.00EUR", "--token-file", str(token), status=4)
    assert (denied["code"], denied["reason"]) == ("PERMISSION_DENIED", "ROLE_NOT_ALLOWED")
    assert "role" in denied["next"]


def test_who_does_not_say_who_calls_is_told_how(secure: Cli) -> None:
    error = secure.but(PAYONCE_TOKEN="").refused("order", "get", "order-9", status=4)
    assert error["reason"] == "NOT_AUTHENTICATED"
    assert "payonce token" in error["next"]


def test_plain_text_to_a_pair_that_speaks_tls_is_unavailable(secure: Cli) -> None:
    plain = secure.but(PAYONCE_TLS_CA="", PAYONCE_TLS_CERTIFICATE="", PAYONCE_TLS_KEY="")
    error = plain.refused("order", "get", "order-9", "--timeout-s", "2", status=3)
    assert "PAYONCE_TLS_CA" in error["next"]
