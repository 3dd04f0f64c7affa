"""Where the console is reached, and what that asks for: `PAYONCE_CONSOLE_…`, checked at start."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.config import Address, Names, is_loopback
from shared.errors import StartupError

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
EVERYWHERE = ("0.0.0.0", "[::]")  # noqa: S104 - they are compared


class ConsoleSettings(BaseSettings):
    """What the console has to know besides where the services are."""

    model_config = SettingsConfigDict(env_prefix="PAYONCE_CONSOLE_")

    listen: Address = "127.0.0.1:50080"
    tls_certificate: Path | None = None  # the console's own, with its chain (PEM), for browsers
    tls_key: Path | None = None
    hosts: Names = ()  # the names that browsers know it by; besides loopback's, when it listens there
    order_metrics: Names = ()  # host:port of order_service's metrics, one for each process
    payment_metrics: Names = ()

    @property
    def open(self) -> bool:
        """Whether only this machine reaches it, by no other name, and in plain text: then nobody signs in."""
        return is_loopback(self.listen) and not self.hosts and not self.tls_certificate

    @property
    def host_names(self) -> list[str]:
        """What a browser may say in `Host`; a name that is not here is another site's, led here by its DNS."""
        host = self.listen.rpartition(":")[0]
        own = LOOPBACK if is_loopback(self.listen) else () if host in EVERYWHERE else (host,)
        return [*own, *self.hosts]

    def require_safe(self, *, services_have_tls: bool) -> None:
        """StartupError when strangers could reach it, or read what it says; it names what to set."""
        beyond = not is_loopback(self.listen) or bool(self.tls_certificate or self.tls_key)
        pair = ("tls_certificate", "tls_key")
        lacking = [_name(field) for field in pair if beyond and getattr(self, field) is None]
        if not self.host_names:
            lacking.append(_name("hosts"))
        if not self.open and not services_have_tls:
            lacking.append("PAYONCE_TLS_CA")
        if lacking:
            raise StartupError(f"the console at {self.listen} is not of this machine alone: set {', '.join(lacking)}")


def _name(field: str) -> str:
    return f"PAYONCE_CONSOLE_{field.upper()}"
