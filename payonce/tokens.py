"""Tokens for development, signed with the key that `payonce dev-certs` made. Nothing in the services imports this."""

import base64
import hashlib
import json
import time
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from shared.errors import StartupError

ALGORITHM = "ES256"


def token(key: ec.EllipticCurvePrivateKey, *, role: str, sub: str, audience: str = "payonce", ttl_s: int = 300) -> str:
    """Good from now on, for `ttl_s` seconds."""
    now = int(time.time())
    claims = {"sub": sub, "role": role, "aud": audience, "nbf": now, "exp": now + ttl_s}
    return jwt.encode(claims, key, ALGORITHM, headers={"kid": kid(key.public_key())})


def read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """StartupError when it is no P-256 key."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise StartupError(f"{path} is no key that can be read: {error}") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise StartupError(f"{path} is no P-256 key")
    return key


def public_jwk(key: ec.EllipticCurvePublicKey) -> dict[str, Any]:
    """As it stands in a JWKS file (RFC 7517)."""
    return {**_members(key), "kid": kid(key), "use": "sig", "alg": ALGORITHM}


def kid(key: ec.EllipticCurvePublicKey) -> str:
    """Its thumbprint (RFC 7638)."""
    canonical = json.dumps(_members(key), separators=(",", ":"), sort_keys=True).encode()
    return _text(hashlib.sha256(canonical).digest())


def _members(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    x, y = (_text(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    return {"crv": "P-256", "kty": "EC", "x": x, "y": y}


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
