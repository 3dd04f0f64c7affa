"""An image on its own, set up wrongly."""

import subprocess

import pytest

from tests.containers.engine import SERVICES


@pytest.mark.parametrize("service", SERVICES)
def test_without_a_database_it_says_what_is_missing(images: dict[str, str], service: str) -> None:
    """There is no embedded PostgreSQL in an image, so the URL is not optional there."""
    command = ["docker", "run", "--rm", images[service]]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    said = [line for line in (run.stdout + run.stderr).splitlines() if not line.startswith("{")]
    assert run.returncode != 0
    assert "Traceback" not in run.stdout + run.stderr
    assert len(said) == 1, said
    assert said[0].startswith(f"{service}: ")
