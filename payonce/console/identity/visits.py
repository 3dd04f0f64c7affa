"""Browsers that look at the console, and who has signed in with them.

A visit is a random cookie. It stands for a session, kept here and nowhere else: a restart, or signing out, ends it.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import NamedTuple

SESSIONS_LIMIT = 1_000  # of clerks at once; the oldest has to sign in again
# The token that goes with each call of the request that is being answered.
_token: ContextVar[str] = ContextVar("console_token")


class Session(NamedTuple):
    """Somebody who has signed in. `until` is the token's end, in seconds since 1970."""

    token: str
    subject: str
    until: float


class Visit(NamedTuple):
    """One browser. `session` is None when nobody has signed in, or when nobody has to."""

    key: str
    session: Session | None


class Visits:
    """All of them. With `login`, nothing but the sign-in page is shown without a session."""

    def __init__(self, *, login: bool, clock: Callable[[], float] = time.time) -> None:
        self.login = login
        # A browser keeps a __Host- cookie to this very host, and takes it over TLS alone (loopback counts as that).
        self.cookie = "__Host-payonce" if login else "payonce_console"
        self._clock = clock
        self._secret = secrets.token_bytes(32)
        self._sessions: dict[str, Session] = {}

    def find(self, key: str | None) -> Visit:
        """The visit with that cookie; a new one when there is none, or when the cookie is not one of ours."""
        if not key or len(key) != len(self._new_key()):
            return Visit(self._new_key(), None)
        session = self._sessions.get(key)
        if session is not None and session.until <= self._clock():
            del self._sessions[key]
            session = None
        return Visit(key, session)

    def sign_in(self, session: Session) -> Visit:
        """A new visit: a cookie that somebody planted before is worth nothing."""
        visit = Visit(self._new_key(), session)
        while len(self._sessions) >= SESSIONS_LIMIT:
            del self._sessions[next(iter(self._sessions))]
        self._sessions[visit.key] = session
        return visit

    def sign_out(self, visit: Visit) -> None:
        """Its session is over at once."""
        self._sessions.pop(visit.key, None)

    def stands(self, visit: Visit) -> bool:
        """Whether it may look: for streams, which outlast the request's own check."""
        return not self.login or self.find(visit.key).session is not None

    def form_token(self, visit: Visit) -> str:
        """What each form of this visit carries, and no other site can know."""
        return hmac.new(self._secret, visit.key.encode(), hashlib.sha256).hexdigest()

    @staticmethod
    def _new_key() -> str:
        return secrets.token_urlsafe(32)


def token() -> str:
    """Of who is served now. Only with a sign-in is there one."""
    return _token.get()


def speak_for(session: Session) -> None:
    """From here on, in this task and those that it starts, calls carry the session's token."""
    _token.set(session.token)
