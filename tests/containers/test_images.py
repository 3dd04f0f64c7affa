"""An image on its own, set up wrongly."""

import subprocess

import pytest

from shared.config import INSECURE
from tests.containers.engine import SERVICES


@pytest.mark.parametrize("service", SERVICES)
def test_without_a_database_it_says_what_is_missing(images: dict[str, str], service: str) -> None:
    """There is no embedded PostgreSQL in an image, so the URL is not optional there."""
    insecure = [word for prefix in ("ORDER", "PAYMENT") for word in ("--env", f"{prefix}_INSECURE={INSECURE}")]
    assert "DATABASE" in only_line(service, *insecure, images[service]).upper()


@pytest.mark.parametrize("service", SERVICES)
def test_without_certificates_it_says_what_to_set(images: dict[str, str], service: str) -> None:
    """An image listens to all, so it wants to know them, or to be told that it needn't."""
    line = only_line(service, images[service])
    for name in ("TLS_CERT", "TLS_KEY", "TLS_CA", "TOKEN_KEYS", f"INSECURE={INSECURE}"):
        assert f"{service.partition('_')[0].upper()}_{name}" in line


def only_line(service: str, *words: str) -> str:
    """Of an image that does not start; log lines, which are JSON, are not for people."""
    run = subprocess.run(["docker", "run", "--rm", *words], capture_output=True, text=True, check=False, timeout=120)
    said = [line for line in (run.stdout + run.stderr).splitlines() if not line.startswith("{")]
    assert run.returncode != 0
    assert "Traceback" not in run.stdout + run.stderr
    assert len(said) == 1, said
    assert said[0].startswith(f"{service}: ")
    return said[0]
