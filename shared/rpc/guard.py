"""At the door of every method: who calls, whether that role may call it, and not too often."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import grpc
import structlog

from shared.callers import DEVELOPER, Caller, Role
from shared.errors import PayonceError, Reason
from shared.rpc.access import AccessTable, scope_of
from shared.rpc.rates import Rates
from shared.rpc.tokens import Known, RefusedError, Tokens

Context = grpc.aio.ServicerContext[Any, Any]
log = structlog.get_logger()


class Guard:
    """A token, where there is one, says who calls; without one a certificate with the exact name of a service does.

    Without `tokens` nobody is asked, and all are the developer.
    """

    def __init__(self, tokens: Tokens | None, service_names: Iterable[str], rates: Rates | None) -> None:
        self._tokens = tokens
        self._services = {name.encode(): name for name in service_names}
        self._rates = rates

    def admit(self, context: Context, method: str, table: AccessTable) -> Caller:
        """The caller of this call. NOT_AUTHENTICATED, TOKEN_EXPIRED, ROLE_NOT_ALLOWED or RATE_LIMITED otherwise."""
        if self._tokens is None:
            if self._rates:
                self._rates.take(_host(context))
            return DEVELOPER
        try:
            known = self._who(context, self._tokens)
        except RefusedError as error:
            log.warning("not_authenticated", method=method, why=error.why, peer=_host(context))
            raise
        role, subject = known.role, known.subject
        if self._rates and role is not Role.SERVICE:  # which send batches, and are ours
            self._rates.take((role, subject))
        scope = scope_of(table, method, role)
        if scope is None:
            log.warning("role_not_allowed", method=method, caller=f"{role}:{subject}", peer=_host(context))
            raise PayonceError(Reason.ROLE_NOT_ALLOWED, f"A {role} may not call this method.")
        return Caller(role, subject, scope)

    def _who(self, context: Context, tokens: Tokens) -> Known:
        found = [value for key, value in context.invocation_metadata() or () if key == "authorization"]
        if len(found) > 1:
            raise RefusedError("several tokens")
        if found:
            return tokens.caller(str(found[0]))
        return self._service(context.auth_context())

    def _service(self, certified: Mapping[str, Iterable[bytes]]) -> Known:
        # Each kind of name by itself: an e-mail address must not pass for a host.
        for kind in ("peer_uri", "peer_dns"):
            for said in certified.get(kind, ()):
                if (name := self._services.get(said)) and ("://" in name) == (kind == "peer_uri"):
                    return Known(Role.SERVICE, name, math.inf)
        raise RefusedError("no token, and no service's certificate")


def _host(context: Context) -> str:
    """Without the port, which changes with each connection."""
    return context.peer().rpartition(":")[0]
