"""Certificates and keys for development: an authority, services, console, client, who signs tokens. Good for a week.

Nothing in the services imports this; what they take in production comes from the operator's own authority.
"""

import ipaddress
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from payonce.tokens import public_jwk

VALID_FOR = timedelta(days=7)
CLOCKS_DIFFER = timedelta(minutes=5)
PAYMENT_SERVICE_NAME = "spiffe://payonce.dev/payment_service"
HERE: list[x509.GeneralName] = [
    x509.DNSName("localhost"),
    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    x509.IPAddress(ipaddress.ip_address("::1")),
]
# Both use theirs as a client too: payment_service to call order_service, each to ask itself for its health.
SERVES_AND_CALLS = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
CALLS = [ExtendedKeyUsageOID.CLIENT_AUTH]


class Authority(NamedTuple):
    """Who signs certificates."""

    key: ec.EllipticCurvePrivateKey
    cert: x509.Certificate

    @classmethod
    def new(cls, name: str = "payonce development") -> "Authority":
        """One with a key of its own."""
        key = ec.generate_private_key(ec.SECP256R1())
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        builder = _builder(name, _name(name), key).add_extension(constraints, critical=True)
        return cls(key, builder.sign(key, hashes.SHA256()))

    def pem(self) -> bytes:
        """For those who are to believe it."""
        return self.cert.public_bytes(Encoding.PEM)

    def issue(
        self, name: str, sans: Sequence[x509.GeneralName], usages: Sequence[x509.ObjectIdentifier]
    ) -> tuple[bytes, bytes]:
        """A certificate and its key, as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            _builder(name, self.cert.subject, key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(x509.SubjectAlternativeName(sans), critical=False)
        )
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM), key_pem(key)


def dev_certs(folder: Path) -> list[Path]:
    """Write them all, over what an earlier run left; the files' paths. Only their owner may read them."""
    authority = Authority.new()
    files = {"ca.pem": authority.pem(), "ca-key.pem": key_pem(authority.key)}
    payment_names = [x509.UniformResourceIdentifier(PAYMENT_SERVICE_NAME), x509.DNSName("payment_service"), *HERE]
    for name, sans, usages in (
        ("order_service", [x509.DNSName("order_service"), *HERE], SERVES_AND_CALLS),
        ("payment_service", payment_names, SERVES_AND_CALLS),
        ("console", [x509.DNSName("console"), *HERE], SERVES_AND_CALLS),
        ("client", [x509.DNSName("client")], CALLS),
    ):
        files[f"{name}.pem"], files[f"{name}-key.pem"] = authority.issue(name, sans, usages)
    signer = ec.generate_private_key(ec.SECP256R1())
    files["token-key.pem"] = key_pem(signer)
    files["jwks.json"] = json.dumps({"keys": [public_jwk(signer.public_key())]}).encode()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return [_write(folder / name, data) for name, data in files.items()]


def settings(folder: Path) -> dict[str, str]:
    """The environment with which both services use them."""
    found = {"ORDER_SERVICE_NAMES": PAYMENT_SERVICE_NAME}
    for prefix, service in (("ORDER", "order_service"), ("PAYMENT", "payment_service")):
        found |= {
            f"{prefix}_TLS_CERT": str(folder / f"{service}.pem"),
            f"{prefix}_TLS_KEY": str(folder / f"{service}-key.pem"),
            f"{prefix}_TLS_CA": str(folder / "ca.pem"),
            f"{prefix}_TOKEN_KEYS": str(folder / "jwks.json"),
        }
    return found


def client_settings(folder: Path) -> dict[str, str]:
    """The environment with which a client uses them."""
    return {
        "PAYONCE_TLS_CA": str(folder / "ca.pem"),
        "PAYONCE_TLS_CERTIFICATE": str(folder / "client.pem"),
        "PAYONCE_TLS_KEY": str(folder / "client-key.pem"),
    }


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Without a password."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _builder(name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS_DIFFER)
        .not_valid_after(now + VALID_FOR)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _write(path: Path, data: bytes) -> Path:
    """At once, so that a service that runs never reads half of it; 0600 from the first moment."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    return new.replace(path)
