"""TLS with certificates on both sides, from files that may be replaced while we run."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from shared.errors import StartupError
from shared.rpc.files import Watched
from shared.telemetry.metrics import CERTIFICATE_EXPIRES

if TYPE_CHECKING:  # settings bring SQLAlchemy along, and a health check every few seconds should not
    from shared.config import ServiceSettings


class Identity(NamedTuple):
    """Our certificate with its chain, its key, and whom we believe; PEM."""

    cert: bytes
    key: bytes
    ca: bytes


TlsFiles: TypeAlias = Watched[Identity]


def tls_files(settings: "ServiceSettings") -> TlsFiles | None:
    """Of a service; None when it speaks plain text. StartupError when they don't go together."""
    if settings.development:
        return None
    paths = {}
    for field in Identity._fields:
        path = getattr(settings, f"tls_{field}")
        variable = settings.variable(f"tls_{field}")
        if path is None:
            raise StartupError(f"set {variable}")
        paths[variable] = path
    return Watched(paths, _taken)


def server_credentials(files: TlsFiles) -> grpc.ServerCredentials:
    """Asked at each handshake whether there is something newer. A client without a certificate does not get in."""

    def configuration() -> grpc.ServerCertificateConfiguration:
        cert, key, ca = files.value
        return grpc.ssl_server_certificate_configuration([(key, cert)], ca)

    def newer() -> Any:  # None, says grpc's documentation and not its types, leaves things as they are
        return configuration() if files.changed() else None

    return grpc.dynamic_ssl_server_credentials(configuration(), newer, require_client_authentication=True)


def channel_credentials(identity: Identity) -> grpc.ChannelCredentials:
    """To call another service, with our certificate; it is believed what the same authorities vouch for."""
    return grpc.ssl_channel_credentials(identity.ca, identity.key, identity.cert)


def _taken(cert: bytes, key: bytes, ca: bytes) -> Identity:
    identity = _identity(cert, key, ca)
    ends = min(one.not_valid_after_utc for one in x509.load_pem_x509_certificates(cert))
    CERTIFICATE_EXPIRES.set(ends.timestamp())
    return identity


def _identity(cert: bytes, key: bytes, ca: bytes) -> Identity:
    try:
        own, *_ = x509.load_pem_x509_certificates(cert)
        x509.load_pem_x509_certificates(ca)
    except ValueError:
        raise ValueError("the certificates are no PEM") from None
    try:
        public = load_pem_private_key(key, password=None).public_key()
    except (ValueError, TypeError):  # TypeError: a password is wanted
        raise ValueError("the key is no PEM without a password") from None
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if public.public_bytes(*form) != own.public_key().public_bytes(*form):
        raise ValueError("the key is not the certificate's")
    now = datetime.now(UTC)
    if own.not_valid_after_utc < now:
        raise ValueError(f"the certificate was valid until {own.not_valid_after_utc:%Y-%m-%d %H:%M}")
    if own.not_valid_before_utc > now:
        raise ValueError(f"the certificate is not valid before {own.not_valid_before_utc:%Y-%m-%d %H:%M}")
    return Identity(cert, key, ca)
