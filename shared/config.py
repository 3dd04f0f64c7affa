"""Settings from the environment (12-factor), checked at start: an error says which variable to set, and how."""

from typing import Annotated, TypeVar

from pydantic import AfterValidator, ValidationError
from pydantic_settings import BaseSettings
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


DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
Address = Annotated[str, AfterValidator(_address)]
S = TypeVar("S", bound=BaseSettings)


class ServiceSettings(BaseSettings):
    """What starting a service has to know of its settings."""

    database_url: DatabaseUrl | None = None  # the embedded PostgreSQL when unset
    listen: Address


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
