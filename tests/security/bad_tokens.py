"""Tokens that are no good, each in one way, and what is logged of it."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from payonce.tokens import ALGORITHM, kid
from tests.security.world import Keys, claims

Make = Callable[[Keys], str]


def signed(keys: Keys, *, header: dict[str, Any] | None = None, **changed: Any) -> str:
    """Right but for what is changed."""
    given = {"kid": kid(keys.signer.public_key())} if header is None else header
    return jwt.encode(claims(**changed), keys.signer, ALGORITHM, headers=given)


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def unsigned(keys: Keys, algorithm: str = "none", secret: bytes = b"") -> str:
    """By hand: libraries refuse to make these. With a secret, HS256."""
    body = f"{_part({'alg': algorithm, 'kid': kid(keys.signer.public_key())})}.{_part(claims())}"
    if not secret:
        return f"{body}."
    signature = hmac.new(secret, body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def with_the_public_key_as_a_secret(keys: Keys) -> str:
    public = keys.signer.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return unsigned(keys, "HS256", public)


def of_another_key(keys: Keys) -> str:
    """Which says that it is the known one."""
    header = {"kid": kid(keys.signer.public_key())}
    return jwt.encode(claims(), ec.generate_private_key(ec.SECP256R1()), ALGORITHM, headers=header)


def tampered(keys: Keys) -> str:
    """The signature is of other claims."""
    header, _, signature = signed(keys).split(".")
    return f"{header}.{_part(claims(role='backoffice'))}.{signature}"


def deep(keys: Keys) -> str:
    """JSON that makes a parser dig."""
    header = base64.urlsafe_b64encode(b"[" * 1_200).rstrip(b"=").decode()
    return f"{header}.{_part(claims())}.{signed(keys).rpartition('.')[2]}"


def _now(seconds: int) -> int:
    return int(time.time()) + seconds


EXPIRED = "TOKEN_EXPIRED"
UNKNOWN = "NOT_AUTHENTICATED"

# What it is, how it is made, the answer's reason, and the word that the log has for it.
BAD: dict[str, tuple[Make, str, str]] = {
    "expired": (lambda k: signed(k, nbf=_now(-600), exp=_now(-60)), EXPIRED, "ExpiredSignatureError"),
    "not yet valid": (lambda k: signed(k, nbf=_now(60)), UNKNOWN, "ImmatureSignatureError"),
    "another audience": (lambda k: signed(k, aud="another"), UNKNOWN, "InvalidAudienceError"),
    "alg none": (unsigned, UNKNOWN, "InvalidAlgorithmError"),
    "HS256 with the public key": (with_the_public_key_as_a_secret, UNKNOWN, "InvalidAlgorithmError"),
    "another key": (of_another_key, UNKNOWN, "InvalidSignatureError"),
    "claims changed": (tampered, UNKNOWN, "InvalidSignatureError"),
    "unknown kid": (lambda k: signed(k, header={"kid": "another"}), UNKNOWN, "unknown kid"),
    "no kid": (lambda k: signed(k, header={}), UNKNOWN, "unknown kid"),
    "good for a day": (lambda k: signed(k, exp=_now(86_400)), UNKNOWN, "made for too long a time"),
    "good for ever": (lambda k: signed(k, exp=None), UNKNOWN, "MissingRequiredClaimError"),
    "without nbf": (lambda k: signed(k, nbf=None), UNKNOWN, "MissingRequiredClaimError"),
    "without sub": (lambda k: signed(k, sub=None), UNKNOWN, "MissingRequiredClaimError"),
    "without aud": (lambda k: signed(k, aud=None), UNKNOWN, "MissingRequiredClaimError"),
    "an empty sub": (lambda k: signed(k, sub=""), UNKNOWN, "no sub"),
    "a long sub": (lambda k: signed(k, sub="x" * 65), UNKNOWN, "no sub"),
    "a sub with a NUL": (lambda k: signed(k, sub="alice\0"), UNKNOWN, "no sub"),
    "without a role": (lambda k: signed(k, role=None), UNKNOWN, "no role"),
    "a service's role": (lambda k: signed(k, role="service"), UNKNOWN, "no role"),
    "two roles": (lambda k: signed(k, role=["customer", "backoffice"]), UNKNOWN, "no role"),
    "no token": (lambda _: "", UNKNOWN, "DecodeError"),
    "no JWT": (lambda _: "x.y.z", UNKNOWN, "DecodeError"),
    "too long": (lambda k: signed(k, more="x" * 2_000), UNKNOWN, "not of our scheme, or too long"),
    "a thousand deep": (deep, UNKNOWN, "DecodeError"),
}
