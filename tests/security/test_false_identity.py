"""A certificate of the right authority is not enough: it has to be of the service that is called, and of today."""

import time
from datetime import timedelta
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from order_service.config import OrderSettings
from payonce import dev_certs as made
from payonce.payment.v1 import payment_service_pb2
from shared.errors import StartupError
from shared.rpc import files
from shared.rpc.tls import tls_files
from shared.telemetry.metrics import REGISTRY
from tests.harness.answers import reason
from tests.harness.books import transfers
from tests.harness.money import order, seed
from tests.harness.postgres import Postgres
from tests.harness.services import services
from tests.security.test_bad_identity import HEALTH, answer
from tests.security.world import Keys, Secured


async def test_an_order_service_of_another_name_is_not_believed(postgres: Postgres, keys: Keys) -> None:
    env = {**keys.settings, "PAYMENT_ORDER_SERVICE_NAME": "another"}
    async with services(postgres.pair(), payment_env=env, order_env=keys.settings) as running:
        secured = Secured(running, keys)
        async with secured.stubs(keys.caller("backoffice", "carla")) as clerk:
            await seed(clerk)
            await order(clerk, "order", 5)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await clerk.payments.PayOrder(payment_service_pb2.PayOrderRequest(order_id="order"), timeout=20)
        assert reason(caught.value) == "ORDER_SERVICE_UNAVAILABLE"
        assert transfers(running.pair, "charge") == 0


def test_an_expired_certificate_does_not_get_in(secured: Secured, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    for address in secured.addresses:
        assert answer(address, of_the_authority(keys), HEALTH, b"") == ("OK", "")
    monkeypatch.setattr(made, "VALID_FOR", timedelta(seconds=-60))
    for address in secured.addresses:
        assert answer(address, of_the_authority(keys), HEALTH, b"") == ("UNAVAILABLE", "")


@pytest.mark.parametrize(
    ("setting", "value", "why"),
    [
        ("VALID_FOR", timedelta(seconds=-60), "the certificate was valid until"),
        ("CLOCKS_DIFFER", timedelta(hours=-1), "the certificate is not valid before"),
    ],
    ids=["expired", "not valid yet"],
)
def test_a_certificate_out_of_its_time_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, value: timedelta, why: str
) -> None:
    """It is told at the start; and what replaces one that is good leaves that in use."""
    keys = Keys.new(tmp_path)
    settings = OrderSettings(
        tls_cert=tmp_path / "client.pem", tls_key=tmp_path / "client-key.pem", tls_ca=tmp_path / "ca.pem",
        token_keys=tmp_path / "jwks.json",
    )  # fmt: skip
    watched = tls_files(settings)
    assert watched
    before = watched.value
    monkeypatch.setattr(made, setting, value)
    for name, pem in zip(("client.pem", "client-key.pem"), issued(keys), strict=True):
        (tmp_path / name).write_bytes(pem)
    assert not watched.changed()
    assert watched.value == before
    with pytest.raises(StartupError, match=why):
        tls_files(settings)


def test_when_the_certificate_in_use_ends_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = Keys.new(tmp_path)
    settings = OrderSettings(
        tls_cert=tmp_path / "client.pem", tls_key=tmp_path / "client-key.pem", tls_ca=tmp_path / "ca.pem",
        token_keys=tmp_path / "jwks.json",
    )  # fmt: skip
    watched = tls_files(settings)
    assert watched
    assert told_end() == end(keys.read("client.pem"))
    monkeypatch.setattr(made, "VALID_FOR", timedelta(days=1))
    cert, key = issued(keys)
    (tmp_path / "client-key.pem").write_bytes(key)
    (tmp_path / "client.pem").write_bytes(keys.read("ca.pem") + cert)
    assert not watched.changed()  # the key is not the authority's
    assert told_end() != end(cert)
    (tmp_path / "client.pem").write_bytes(cert + keys.read("ca.pem"))
    assert watched.changed()
    assert told_end() == end(cert)


def told_end() -> float | None:
    return REGISTRY.get_sample_value("payonce_certificate_expires_timestamp_seconds")


def end(pem: bytes) -> float:
    return x509.load_pem_x509_certificate(pem).not_valid_after_utc.timestamp()


def test_what_was_not_valid_yet_is_taken_once_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though nobody touches the file again."""
    path, fit = tmp_path / "file", {b"first"}

    def make(data: bytes) -> bytes:
        if data not in fit:
            raise ValueError("not yet")
        return data

    path.write_bytes(b"first")
    watched = files.Watched({"FILE": path}, make)
    others = not_taken()
    path.write_bytes(b"second")
    assert not watched.changed()
    assert not_taken() == others + 1
    path.write_bytes(b"also bad")
    assert not watched.changed()
    assert not_taken() == others + 1
    path.write_bytes(b"second")
    assert not watched.changed()
    fit.add(b"second")
    assert not watched.changed()  # not at every handshake
    later = time.monotonic() + files.AGAIN_S
    monkeypatch.setattr("time.monotonic", lambda: later)
    assert watched.changed()
    assert watched.value == b"second"
    assert not_taken() == others
    assert not watched.changed()


def not_taken() -> float:
    """What the gauge says, of all files of this process."""
    return REGISTRY.get_sample_value("payonce_files_not_taken") or 0.0


def of_the_authority(keys: Keys) -> grpc.ChannelCredentials:
    """A client's certificate that is made now, by the authority whom both services believe."""
    cert, own = issued(keys)
    return grpc.ssl_channel_credentials(keys.read("ca.pem"), own, cert)


def issued(keys: Keys) -> tuple[bytes, bytes]:
    """The certificate and its key."""
    key = load_pem_private_key(keys.read("ca-key.pem"), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    authority = made.Authority(key, x509.load_pem_x509_certificate(keys.read("ca.pem")))
    return authority.issue("client", [x509.DNSName("client")], made.CALLS)
