"""From a command line to a running service: `serve` (the default), by one process or several, or `migrate`."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

import structlog
import uvloop

from shared import logs
from shared.config import ServiceSettings, load
from shared.embedded import EmbeddedPostgres, default_folder
from shared.errors import StartupError
from shared.grants import Grantees, Grants
from shared.migrations import migrate, require_compatible
from shared.rpc.exposure import require_safe
from shared.rpc.handshakes import handshakes_told, part_stderr
from shared.rpc.server import Service, serve
from shared.rpc.workers import reserved, supervise
from shared.telemetry.running import running

WORKERS_LIMIT = 64


@dataclass(frozen=True, kw_only=True)
class Program:
    """What is particular to one service."""

    name: str
    embedded_database: str
    settings: type[ServiceSettings]
    assemble: Callable[[str, Callable[[], None]], Service]  # from a URL and the check of its schema
    grants: Grants
    # Command lines of its own, such as `reconcile --apply`: from a URL to an exit status.
    commands: Mapping[str, Callable[[str], int]] = field(default_factory=dict)


def launch(program: Program, arguments: list[str]) -> NoReturn:
    """Run and exit: 0 when done, 1 with one line when it could not start, 2 on a wrong command line."""
    workers = _workers(arguments)
    own = program.commands.get(" ".join(arguments))
    if workers is None and arguments != ["migrate"] and own is None:
        words = " | ".join([f"serve [--workers 1-{WORKERS_LIMIT}]", "migrate", *program.commands])
        print(f"usage: python -m {program.name} [{words}]", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    part_stderr()
    logs.configure(program.name)
    try:
        settings = load(program.settings)
        if arguments != ["migrate"]:  # the only one that calls nobody, and is called by nobody
            require_safe(settings)
        url = settings.migration_url if arguments == ["migrate"] and settings.migration_url else settings.database_url
        embedded = EmbeddedPostgres(default_folder()) if url is None else None
        if embedded is not None:
            url = embedded.create(program.embedded_database)
        assert url is not None  # noqa: S101 - one of the two gave it
        if own is not None:
            require_compatible(program.name, url, how=f"python -m {program.name} migrate")
            sys.exit(own(url))
        if workers is None:
            grantees = Grantees(program.grants, settings.app_role, settings.read_role)
            migrate(program.name, url, grantees, tell=lambda line: print(f"{program.name}: {line}", flush=True))  # noqa: T201
        else:
            sys.exit(_serve(program, settings, url, own=embedded is not None, workers=workers))
    except StartupError as error:
        sys.exit(f"{program.name}: {error}")
    sys.exit(0)


def _workers(arguments: list[str]) -> int | None:
    """How many processes are to serve; None when that is not what the command line says."""
    match arguments:
        case [] | ["serve"]:
            return 1
        case ["serve", "--workers", number] | ["--workers", number]:
            return next((n for n in range(1, WORKERS_LIMIT + 1) if number == str(n)), None)
    return None


def _serve(program: Program, settings: ServiceSettings, url: str, *, own: bool, workers: int) -> int:
    """The exit status. An embedded database is ours to migrate; another one is its operator's."""

    def prepare() -> None:
        if own:
            migrate(program.name, url)
        require_compatible(program.name, url, how=f"python -m {program.name} migrate", own=own)

    async def main() -> None:
        # Assembled inside the loop: channels and pools belong to it.
        await serve(program.assemble(url, prepare))

    if workers == 1:
        if worker := os.environ.get("PAYONCE_WORKER"):
            structlog.contextvars.bind_contextvars(worker=worker)
        told = contextlib.nullcontext() if settings.development else handshakes_told()
        with told, running(program.name, settings.metrics_listen):
            uvloop.run(main())
        return 0
    prefix = program.settings.model_config.get("env_prefix", "")
    with reserved(settings.listen) as address:
        given = {f"{prefix}LISTEN": address, f"{prefix}DATABASE_URL": url}
        return asyncio.run(supervise(program.name, address, workers, prepare, given))
