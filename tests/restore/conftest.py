"""The two servers, each with its backup."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.harness.postgres import TEMPLATES, Pair, Postgres, make_roles, migrated
from tests.restore.archived import Archived


@dataclass(frozen=True)
class Servers:
    """Both, and the pair of databases on them."""

    orders: Archived
    payments: Archived

    @property
    def pair(self) -> Pair:
        return Pair(self.orders.database, self.payments.database)


@pytest.fixture
def servers(postgres: Postgres) -> Iterator[Servers]:  # noqa: ARG001 - it lets other users reach the binaries
    folder = Path(tempfile.mkdtemp(prefix="payonce-restore-"))
    folder.chmod(0o755)
    running: list[Archived] = []
    try:
        for name in TEMPLATES:
            running.append(Archived(folder / name, name))
            make_roles(running[-1].database)
            migrated(name, running[-1].database)
        yield Servers(*running)
    finally:
        for server in running:
            server.close()
        shutil.rmtree(folder, ignore_errors=True)
