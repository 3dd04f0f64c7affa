"""Short-lived signed tokens (RFC 7519) that say which customer, merchant or clerk calls. One algorithm: ES256."""

import json
import time
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

import jwt

from shared.callers import Role
from shared.config import ServiceSettings
from shared.errors import PayonceError, Reason
from shared.ids import CLIENT_ID
from shared.rpc.files import Watched

ALGORITHM = "ES256"
SCHEME = "bearer "
ROLES = {role.value: role for role in Role if role is not Role.SERVICE}  # services have certificates
REQUIRED = ["aud", "exp", "nbf", "sub"]
LEEWAY_S = 5.0  # by which clocks may differ
LOOK_EVERY_S = 1.0  # at the file of keys
KNOWN_LIMIT = 10_000
LENGTH_LIMIT = 2_048

Keys = Mapping[str, jwt.PyJWK]


class Known(NamedTuple):
    """Who calls, and until when that is known (seconds since 1970)."""

    role: Role
    subject: str
    until: float


class RefusedError(PayonceError):
    """A caller whom we don't know; `why` is for our log, and tells nothing of the token that could be used."""

    def __init__(self, why: str, reason: Reason = Reason.NOT_AUTHENTICATED) -> None:
        text = "A valid token is wanted in the metadata: `authorization: Bearer …`."
        if reason is Reason.TOKEN_EXPIRED:
            text = "The token has expired; call again with a new one."
        super().__init__(reason, text)
        self.why = why


class Tokens:
    """Verifies tokens. Those that it knows to be good cost a look-up until they expire, or the keys change."""

    def __init__(self, keys: Watched[Keys], *, audience: str, lifetime_s: int) -> None:
        self._keys = keys
        self._audience = audience
        self._lifetime_s = lifetime_s
        self._known: dict[str, Known] = {}
        self._look_at = 0.0

    def caller(self, authorization: str) -> Known:
        """Who that is, by the value of `authorization`. RefusedError when it is nobody."""
        if time.monotonic() >= self._look_at:
            self._look()
        known = self._known.get(authorization)
        if known is not None and time.time() < known.until:
            return known
        known = self._verified(authorization)
        if len(self._known) >= KNOWN_LIMIT:
            del self._known[next(iter(self._known))]
        self._known[authorization] = known
        return known

    def _look(self) -> None:
        self._look_at = time.monotonic() + LOOK_EVERY_S
        if self._keys.changed():
            self._known.clear()  # a key that was taken out is out at once

    def _verified(self, authorization: str) -> Known:
        if not authorization[: len(SCHEME)].lower() == SCHEME or len(authorization) > LENGTH_LIMIT:
            raise RefusedError("not of our scheme, or too long")
        token = authorization[len(SCHEME) :]
        try:
            key = self._keys.value.get(jwt.get_unverified_header(token).get("kid", ""))
            if key is None:
                raise RefusedError("unknown kid")
            claims = jwt.decode(
                token, key.key, algorithms=[ALGORITHM], audience=self._audience, leeway=LEEWAY_S,
                options={"require": REQUIRED},
            )  # fmt: skip
        except jwt.InvalidTokenError as error:
            _refuse(error)
        return self._allowed(claims)

    def _allowed(self, claims: Mapping[str, Any]) -> Known:
        role, subject = ROLES.get(str(claims.get("role"))), claims["sub"]
        if role is None:
            raise RefusedError("no role that tokens give")
        if not CLIENT_ID.fullmatch(subject):  # or it could be nobody's customer, merchant or account
            raise RefusedError("no sub")
        until = int(claims["exp"])
        if until - int(claims["nbf"]) > self._lifetime_s:
            raise RefusedError("made for too long a time")
        return Known(role, subject, until + LEEWAY_S)


def tokens(settings: ServiceSettings) -> Tokens | None:
    """Of a service; None when none are asked for. StartupError when the keys are no good."""
    if settings.token_keys is None:
        return None
    keys = Watched({settings.variable("token_keys"): settings.token_keys}, _keys)
    return Tokens(keys, audience=settings.token_audience, lifetime_s=settings.token_lifetime_s)


def _refuse(error: jwt.InvalidTokenError) -> NoReturn:
    # Its class says enough; its text may quote what the token has.
    reason = Reason.TOKEN_EXPIRED if isinstance(error, jwt.ExpiredSignatureError) else Reason.NOT_AUTHENTICATED
    raise RefusedError(type(error).__name__, reason) from None


def _keys(data: bytes) -> Keys:
    """Of a JWKS file (RFC 7517): keys of other kinds are left out, and one at least must be of ours."""
    try:
        listed = json.loads(data)["keys"]
        found = [(key["kid"], jwt.PyJWK(key, ALGORITHM)) for key in listed if _usable(key)]
    except (ValueError, KeyError, TypeError, AttributeError, jwt.PyJWTError):
        raise ValueError("it is no JWKS") from None
    if not found:
        raise ValueError(f"it has no P-256 key for {ALGORITHM} with a kid")
    if len(dict(found)) < len(found):
        raise ValueError("two keys have the same kid")
    return dict(found)


def _usable(key: Mapping[str, Any]) -> bool:
    ours = (key.get("kty"), key.get("crv"), key.get("use", "sig")) == ("EC", "P-256", "sig")
    return ours and key.get("alg", ALGORITHM) == ALGORITHM and isinstance(key.get("kid"), str)
