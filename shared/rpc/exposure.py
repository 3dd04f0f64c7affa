"""How a service meets its callers: what its settings make of TLS, tokens, roles and limits."""

from dataclasses import dataclass

import grpc
import structlog

from shared.callers import Role
from shared.config import ServiceSettings
from shared.errors import StartupError
from shared.rpc.access import AccessTable
from shared.rpc.guard import Guard
from shared.rpc.limits import Option, of_connections
from shared.rpc.rates import Rates
from shared.rpc.tls import server_credentials, tls_files
from shared.rpc.tokens import tokens

log = structlog.get_logger()
RATE_LIMIT = 200.0  # calls a second of one caller, outside development


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """Of one service. Without credentials it speaks plain text; without a guard, nobody is asked anything."""

    access: AccessTable
    credentials: grpc.ServerCredentials | None
    guard: Guard | None
    reflection: bool
    options: list[Option]


def require_safe(settings: ServiceSettings) -> None:
    """StartupError when strangers could reach what asks for no identity; it says what to set."""
    if reason := settings.unsafe():
        raise StartupError(reason)


def expose(settings: ServiceSettings, access: AccessTable) -> Exposure:
    """StartupError when a file is missing or no good."""
    if settings.insecure and settings.development:
        log.warning("everybody_may_do_everything", addresses=settings.addresses())
    files = tls_files(settings)
    if files and not settings.service_names and any(Role.SERVICE in row for row in access.values()):
        raise StartupError(f"set {settings.variable('service_names')}: which certificates' names are services'")
    known = tokens(settings)
    per_s = settings.rate_limit
    if per_s is None:
        per_s = 0.0 if settings.development else RATE_LIMIT
    rates = Rates(per_s) if per_s else None
    return Exposure(
        access=access,
        credentials=server_credentials(files) if files else None,
        guard=Guard(known, settings.service_names, rates) if known or rates else None,
        reflection=settings.development if settings.reflection is None else settings.reflection,
        options=of_connections(settings),
    )
