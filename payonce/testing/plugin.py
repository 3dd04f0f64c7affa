"""Fixtures for pytest, there as soon as payonce is installed. Nothing is imported, or started, before one is asked for.

`payonce_server` is one pair for the whole session: use ids of your own in each test.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # whoever asks for no fixture imports nothing of this
    from payonce.client import AsyncClient, Client
    from payonce.testing.server import PayonceServer


@pytest.fixture(scope="session")
def payonce_server() -> "Iterator[PayonceServer]":
    """Both services on an embedded PostgreSQL of their own; `kill_payment` and `start_payment` for tests of crashes."""
    from payonce.testing.server import PayonceServer  # noqa: PLC0415 - as above

    with tempfile.TemporaryDirectory(prefix="payonce-pytest-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL does not run as root, and must get in
        server = PayonceServer(Path(folder))
        yield server
        server.close()


@pytest.fixture
def payonce_client(payonce_server: "PayonceServer") -> "Iterator[Client]":
    """A sync client of `payonce_server`."""
    with payonce_server.client() as client:
        yield client


@pytest.fixture
def payonce_async_client(payonce_server: "PayonceServer") -> "AsyncClient":
    """An async client of `payonce_server`: `async with payonce_async_client as client`, in whichever event loop."""
    return payonce_server.async_client()
