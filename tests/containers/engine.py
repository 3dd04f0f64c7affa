"""Containers as the tests want them: `PayonceContainer`, and the engine's own command line."""

import os
import subprocess
from pathlib import Path

from payonce.testing.containers import PORTS, PayonceContainer
from shared.config import driver_url
from tests.harness.postgres import Pair

ROOT = Path(__file__).parents[2]
SERVICES = tuple(PORTS)


def docker(*words: str) -> str:
    return subprocess.run(["docker", *words], check=True, capture_output=True, text=True, cwd=ROOT).stdout.strip()


def deployed(images: dict[str, str]) -> PayonceContainer:
    """PostgreSQL, migrations, both services, of the images under test."""
    postgres = os.environ.get("TEST_POSTGRES_IMAGE", "postgres:18-alpine")
    return PayonceContainer(images["order_service"], images["payment_service"], postgres)


def pair_of(payonce: PayonceContainer) -> Pair:
    """Its databases, as seen from outside."""
    return Pair(*(driver_url(payonce.database_url(name)) for name in ("orders", "payments")))


def id_of(payonce: PayonceContainer, service: str) -> str:
    return str(payonce.containers[service].get_wrapped_container().id)
