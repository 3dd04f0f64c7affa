"""The images, built once for all container tests."""

import os
import subprocess

import pytest

from tests.containers.engine import SERVICES, docker
from tests.harness.needs import missing


@pytest.fixture(scope="session")
def images() -> dict[str, str]:
    """Image names by service."""
    try:
        docker("info")
    except (FileNotFoundError, subprocess.CalledProcessError):
        missing("docker: no engine answers; the container tests need one")
    base = os.environ.get("PYTHON_IMAGE", "python:3.11-slim")
    names = {service: f"payonce-test/{service}" for service in SERVICES}
    for service, name in names.items():
        docker(
            "build", "--network", "host", "--quiet", "--build-arg", f"PYTHON_IMAGE={base}",
            "--file", "deploy/Dockerfile", "--target", service, "--tag", name, ".",
        )  # fmt: skip
    return names
