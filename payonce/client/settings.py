"""What a client is made of, from environment variables."""

from collections.abc import Callable, Mapping
from pathlib import Path

import grpc

from payonce.client.wire import Target
from shared.errors import StartupError

TLS = ("PAYONCE_TLS_CA", "PAYONCE_TLS_CERTIFICATE", "PAYONCE_TLS_KEY")


def from_environ(environ: Mapping[str, str]) -> Target:
    """See `AsyncClient.from_environment`."""
    default = Target()
    return Target(
        order_address=environ.get("PAYONCE_ORDER_ADDRESS") or default.order_address,
        payment_address=environ.get("PAYONCE_PAYMENT_ADDRESS") or default.payment_address,
        timeout_s=_timeout_s(environ.get("PAYONCE_TIMEOUT_S"), default.timeout_s),
        credentials=_credentials(environ),
        token=_token(environ),
    )


def _timeout_s(given: str | None, default: float) -> float:
    try:
        value = float(given) if given else default
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise StartupError("set PAYONCE_TIMEOUT_S: it must be a number of seconds above 0")
    return value


def _credentials(environ: Mapping[str, str]) -> grpc.ChannelCredentials | None:
    ca, certificate, key = (environ.get(name) for name in TLS)
    if not (ca or certificate or key):
        return None
    if not ca or bool(certificate) != bool(key):
        raise StartupError(f"TLS wants {TLS[0]}, and {TLS[1]} and {TLS[2]} both or neither")
    chain, private = (_read(name, path) for name, path in ((TLS[1], certificate), (TLS[2], key)))
    return grpc.ssl_channel_credentials(_read(TLS[0], ca), private, chain)


def _token(environ: Mapping[str, str]) -> Callable[[], str] | None:
    text, path = environ.get("PAYONCE_TOKEN"), environ.get("PAYONCE_TOKEN_FILE")
    if text and path:
        raise StartupError("set PAYONCE_TOKEN or PAYONCE_TOKEN_FILE, not both")
    if path:
        _read("PAYONCE_TOKEN_FILE", path)  # to say now what would be said at the first call
        return lambda: Path(path).read_text().strip()
    return (lambda: text) if text else None


def _read(name: str, path: str | None) -> bytes | None:
    try:
        return Path(path).read_bytes() if path else None
    except OSError as error:
        raise StartupError(f"set {name}: {path} can't be read ({error.strerror})") from error
