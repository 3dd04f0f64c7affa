"""`from_environment`: what is set, what is not, and what is wrong."""

from pathlib import Path

import pytest

from payonce.client import Client, StartupError
from payonce.client.settings import from_environ
from payonce.client.wire import Target
from payonce.dev_certs import dev_certs


def test_nothing_set_is_the_constructors_default() -> None:
    assert from_environ({}) == Target()


def test_addresses_and_timeout() -> None:
    environ = {"PAYONCE_ORDER_ADDRESS": "o:1", "PAYONCE_PAYMENT_ADDRESS": "p:2", "PAYONCE_TIMEOUT_S": "2.5"}
    assert from_environ(environ) == Target(order_address="o:1", payment_address="p:2", timeout_s=2.5)
    assert Client.from_environment(environ)._wire._target == from_environ(environ)


def test_a_token_file_is_read_before_each_call(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("first\n")
    token = from_environ({"PAYONCE_TOKEN_FILE": str(path)}).token
    assert token is not None
    assert token() == "first"
    path.write_text("second\n")
    assert token() == "second"


def test_certificates_are_files(tmp_path: Path) -> None:
    dev_certs(tmp_path)
    environ = {
        "PAYONCE_TLS_CA": str(tmp_path / "ca.pem"),
        "PAYONCE_TLS_CERTIFICATE": str(tmp_path / "client.pem"),
        "PAYONCE_TLS_KEY": str(tmp_path / "client-key.pem"),
        "PAYONCE_TOKEN": "text",
    }
    target = from_environ(environ)
    assert target.credentials is not None
    assert target.token is not None
    assert target.token() == "text"


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"PAYONCE_TIMEOUT_S": "soon"}, "PAYONCE_TIMEOUT_S"),
        ({"PAYONCE_TIMEOUT_S": "0"}, "PAYONCE_TIMEOUT_S"),
        ({"PAYONCE_TIMEOUT_S": "inf"}, "PAYONCE_TIMEOUT_S"),
        ({"PAYONCE_TLS_CERTIFICATE": "cert.pem", "PAYONCE_TLS_KEY": "key.pem"}, "PAYONCE_TLS_CA"),
        ({"PAYONCE_TLS_CA": "ca.pem", "PAYONCE_TLS_KEY": "key.pem"}, "PAYONCE_TLS_CERTIFICATE"),
        ({"PAYONCE_TLS_CA": "no-such-file.pem"}, "no-such-file.pem"),
        ({"PAYONCE_TOKEN_FILE": "no-such-file"}, "no-such-file"),
        ({"PAYONCE_TOKEN": "a", "PAYONCE_TOKEN_FILE": "b"}, "not both"),
    ],
)
def test_what_is_wrong_is_named(environ: dict[str, str], named: str) -> None:
    with pytest.raises(StartupError, match=named):
        Client.from_environment(environ)
