"""The images, of the container tests, and a Prometheus."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.containers.conftest import images  # noqa: F401 - a fixture

FOLDER = Path(__file__).parent


@pytest.fixture(scope="session")
def prometheus(images: dict[str, str]) -> str:  # noqa: ARG001, F811 - it says whether there is an engine
    """PROMETHEUS_IMAGE, or one built of Debian's package on the Python image, where none can be pulled."""
    if given := os.environ.get("PROMETHEUS_IMAGE"):
        return given
    base = os.environ.get("PYTHON_IMAGE", "python:3.11-slim")
    name = "payonce-test/prometheus"
    words = ["--network", "host", "--quiet", "--build-arg", f"BASE={base}", "--tag", name]
    subprocess.run(["docker", "build", *words, str(FOLDER / "prometheus")], check=True, capture_output=True)
    return name
