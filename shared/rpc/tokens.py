"""Short-lived signed tokens (RFC 7519) that say which customer, merchant or clerk calls. One algorithm: ES256."""

import json
import time
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

import jwt
import structlog

from shared.callers import Role
from shared.config import ServiceSettings
from shared.errors import PayonceError, Reason, StartupError
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
log = structlog.get_logger()


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
            if not self._keys.value:
                log.error("tokens.no_keys")

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
    variable = settings.variable("token_keys")
    keys = Watched({variable: settings.token_keys}, _keys)
    if not keys.value:  # while we run it may come to that: all were taken out
        raise StartupError(f"{variable}: it has no P-256 key for {ALGORITHM} with a kid of its own")
    return Tokens(keys, audience=settings.token_audience, lifetime_s=settings.token_lifetime_s)


def _refuse(error: jwt.InvalidTokenError) -> NoReturn:
    # Its class says enough; its text may quote what the token has.
    reason = Reason.TOKEN_EXPIRED if isinstance(error, jwt.ExpiredSignatureError) else Reason.NOT_AUTHENTICATED
    raise RefusedError(type(error).__name__, reason) from None


def _keys(data: bytes) -> Keys:
    """The keys of a JWKS file (RFC 7517) that are ours; there may be none, and then nobody is known.

    A bad one is left out by itself: were the file refused for it, whom it takes out would stay in.
    """
    try:
        listed = json.loads(data)["keys"]
    except (ValueError, KeyError, TypeError):
        listed = None
    if not isinstance(listed, list):
        raise ValueError("it is no JWKS")  # noqa: TRY004 - of the file, as Watched wants it
    found: dict[str, list[jwt.PyJWK]] = {}
    for i, key in enumerate(listed):
        try:
            if _usable(key):
                found.setdefault(key["kid"], []).append(jwt.PyJWK(key, ALGORITHM))
        except (ValueError, TypeError, AttributeError, jwt.PyJWTError) as error:
            log.error("tokens.key_left_out", position=i, why=type(error).__name__)  # noqa: TRY400 - its text quotes the key
    for kid in (kid for kid, keys in found.items() if len(keys) > 1):
        log.error("tokens.key_left_out", kid=kid, why="two keys have the same kid")
    return {kid: keys[0] for kid, keys in found.items() if len(keys) == 1}


def _usable(key: Mapping[str, Any]) -> bool:
    ours = (key.get("kty"), key.get("crv"), key.get("use", "sig")) == ("EC", "P-256", "sig")
    return ours and key.get("alg", ALGORITHM) == ALGORITHM and isinstance(key.get("kid"), str)
