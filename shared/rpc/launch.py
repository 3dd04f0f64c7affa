"""From a command line to a running service: `serve` (the default) or `migrate`."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import uvloop

from shared import logs
from shared.embedded import EmbeddedPostgres, default_folder
from shared.errors import StartupError
from shared.migrations import migrate, require_current
from shared.rpc.server import Service, serve


@dataclass(frozen=True, kw_only=True)
class Program:
    """What is particular to one service."""

    name: str
    embedded_database: str
    database_url: Callable[[], str | None]  # reads the settings; None means embedded
    assemble: Callable[[str, Callable[[], None]], Service]  # from a URL and the check of its schema


def launch(program: Program, arguments: list[str]) -> NoReturn:
    """Run and exit: 0 when done, 1 with one line when it could not start, 2 on a wrong command line."""
    if arguments not in ([], ["serve"], ["migrate"]):
        sys.exit(f"usage: python -m {program.name} [serve | migrate]")
    logs.configure(program.name)
    try:
        url = program.database_url()
        embedded = EmbeddedPostgres(default_folder()) if url is None else None
        if embedded is not None:
            url = embedded.create(program.embedded_database)
        assert url is not None  # noqa: S101 - one of the two gave it
        if arguments == ["migrate"]:
            migrate(program.name, url)
        else:
            _serve(program, url, own=embedded is not None)
    except StartupError as error:
        sys.exit(f"{program.name}: {error}")
    sys.exit(0)


def _serve(program: Program, url: str, *, own: bool) -> None:
    """An embedded database is ours to migrate; another one is its operator's."""

    def prepare() -> None:
        if own:
            migrate(program.name, url)
        require_current(program.name, url, how=f"python -m {program.name} migrate")

    async def main() -> None:
        # Assembled inside the loop: channels and pools belong to it.
        await serve(program.assemble(url, prepare))

    uvloop.run(main())
