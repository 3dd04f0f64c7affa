"""How much gRPC's core says on stderr, and whether it minds forks.

It asks its environment once, when grpc is imported: before there are settings, and before anything else imports it.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping

VERBOSITY, SILENT = "GRPC_VERBOSITY", "NONE"
FORKS = "GRPC_ENABLE_FORK_SUPPORT"


def import_grpc(*, heard: bool = False) -> None:
    """Import it silent: what matters of its lines (a port in use, a peer gone) we say ourselves.

    `heard`: its lines are wanted, by `handshakes`. What an operator has set, other than silence, stays as it is. The
    environment is afterwards as it was before; when grpc has been imported already, nothing happens.
    """
    # Nothing here forks while calls run (the embedded PostgreSQL is started by fork and exec); its hooks only warn.
    wanted: dict[str, str | None] = {FORKS: os.environ.get(FORKS, "false")}
    if not asked_for():
        wanted[VERBOSITY] = None if heard else SILENT
    with _environment(wanted):
        import grpc  # noqa: F401, PLC0415 - for what it reads just now


def asked_for() -> bool:
    """Whether an operator wants to see the core's lines as they are."""
    return os.environ.get(VERBOSITY, SILENT) != SILENT


@contextlib.contextmanager
def _environment(values: Mapping[str, str | None]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    _set(values)
    try:
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
