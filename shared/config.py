"""Settings from the environment (12-factor), checked at start: an error says which variable to set, and how."""

import ipaddress
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from shared.errors import StartupError

URL_FORM = "postgresql://user:password@host:5432/database"


def _database_url(value: str) -> str:
    try:
        url = make_url(value)
    except ArgumentError:
        raise ValueError(f"must look like {URL_FORM}") from None
    if url.get_backend_name() not in ("postgresql", "postgres") or not url.database:
        raise ValueError(f"must look like {URL_FORM}")
    return driver_url(url)


def driver_url(url: URL | str) -> str:
    """The same database, spoken to through psycopg 3."""
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def _address(value: str) -> str:
    host, colon, port = value.rpartition(":")
    if not host or not colon or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004
        raise ValueError("must be host:port, such as 127.0.0.1:50051")
    return value


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches that host:port."""
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _insecure(value: str) -> str:
    if value != INSECURE:
        raise ValueError(f"must be {INSECURE}, or unset")
    return value


def _names(value: object) -> object:
    return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value


# Long, so that nobody sets it without reading what it means.
INSECURE = "everybody-may-do-everything"
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
Address = Annotated[str, AfterValidator(_address)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)]
RoleName = Annotated[str, Field(min_length=1, max_length=63)]
S = TypeVar("S", bound=BaseSettings)


class ServiceSettings(BaseSettings):
    """What starting a service has to know of its settings."""

    database_url: DatabaseUrl | None = None  # the embedded PostgreSQL when unset
    migration_url: DatabaseUrl | None = None  # for `migrate`: the same database as the role that owns it
    app_role: RoleName | None = None  # for `migrate`: who serves, and gets what that needs
    read_role: RoleName | None = None  # for `migrate`: who audits and monitors
    listen: Address
    metrics_listen: Address | None = None  # where Prometheus reads; each worker has a port, from this one upward
    tls_cert: Path | None = None  # our certificate and its chain (PEM): as a server, and as a client of other services
    tls_key: Path | None = None
    tls_ca: Path | None = None  # who vouches for the certificates of those that we talk with
    service_names: Names = ()  # exact DNS or URI names in a client's certificate that make it a service
    token_keys: Path | None = None  # public keys of who signs tokens (JWKS); unset: nobody is asked who they are
    token_audience: str = "payonce"  # noqa: S105 - it is a name
    token_lifetime_s: int = Field(default=3600, ge=1)  # a token made for longer is refused
    insecure: Annotated[str, AfterValidator(_insecure)] | None = None
    reflection: bool | None = None  # unset: in development alone
    rate_limit: float | None = Field(default=None, ge=0)  # calls a second of one caller; 0: any number
    handshake_timeout_s: float = Field(default=10.0, gt=0)
    connection_age_s: float = Field(default=1800.0, gt=0)  # then the client has to show a certificate again
    connection_idle_s: float = Field(default=300.0, gt=0)
    connection_ping_s: float = Field(default=60.0, gt=0)  # a third of it later, who has not answered is gone

    @property
    def development(self) -> bool:
        """Whether plain text is spoken: on one machine, or where somebody said that it may be."""
        return self.tls_cert is None

    def addresses(self) -> list[str]:
        """Where we can be reached, and whom we call."""
        return [self.listen]

    def unsafe(self) -> str:
        """Why this must not be served, and what to set; empty when it may."""
        fields = ("tls_cert", "tls_key", "tls_ca", "token_keys")
        lacking = ", ".join(self.variable(name) for name in fields if getattr(self, name) is None)
        if self.tls_cert or self.tls_key or self.tls_ca:
            return f"TLS wants all of its settings: set {lacking}" if lacking else ""
        beyond = [address for address in self.addresses() if not is_loopback(address)]
        if self.insecure or not beyond:
            return ""
        besides = f"{self.variable('insecure')}={INSECURE}"
        return f"{beyond[0]} is not of this machine alone: set {lacking}; or, on a network of your own, {besides}"

    def variable(self, field: str) -> str:
        """The environment variable of a field."""
        return f"{self.model_config.get('env_prefix', '')}{field}".upper()


def load(settings: type[S]) -> S:
    """Read and check the environment. StartupError names each variable that is wrong; never its value."""
    try:
        return settings()
    except ValidationError as error:
        prefix = str(settings.model_config.get("env_prefix", ""))
        lines = [
            f"{prefix}{'.'.join(map(str, e['loc']))} {e['msg'].removeprefix('Value error, ')}".replace("\n", " ")
            for e in error.errors(include_input=False, include_url=False)
        ]
        raise StartupError("; ".join(f"set {_upper_name(line)}" for line in lines)) from None


def _upper_name(line: str) -> str:
    name, _, rest = line.partition(" ")
    return f"{name.upper()}: it {rest}"
