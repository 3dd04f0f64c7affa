"""`payonce dev-certs` and `payonce token`, as commands; and the images' health check over TLS."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import jwt
import pytest

from payonce.dev_certs import settings
from tests.harness.services import ROOT, environment
from tests.security.world import Secured


def run(*words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *words]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment(env or {}), timeout=60
    )


def test_certificates_and_a_token(tmp_path: Path) -> None:
    folder = tmp_path / "certs"
    for _ in range(2):  # what an earlier run left is replaced
        made = run("payonce.cli", "dev-certs", str(folder))
        assert made.returncode == 0, made.stderr
    paths = [Path(line) for line in made.stdout.split()]
    assert set(paths) == set(folder.iterdir())
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {Path(path) for path in settings(folder).values() if path.startswith("/")} <= set(paths)

    key = folder / "token-key.pem"
    said = run("payonce.cli", "token", "--role", "customer", "--sub", "alice", "--key", str(key), "--ttl-s", "60")
    assert said.returncode == 0, said.stderr
    keys = jwt.PyJWKSet.from_json((folder / "jwks.json").read_text())
    kid = jwt.get_unverified_header(said.stdout.strip())["kid"]
    claims = jwt.decode(said.stdout.strip(), keys[kid], algorithms=["ES256"], audience="payonce")
    assert (claims["role"], claims["sub"], claims["exp"] - claims["nbf"]) == ("customer", "alice", 60)
    assert "d" not in json.loads((folder / "jwks.json").read_text())["keys"][0]


@pytest.mark.parametrize("words", [["--role", "service", "--sub", "x"], ["--role", "customer"]])
def test_what_no_token_is_made_of(tmp_path: Path, words: list[str]) -> None:
    assert run("payonce.cli", "token", *words, "--key", str(tmp_path / "none")).returncode == 2


def test_no_key_is_told_in_one_line(tmp_path: Path) -> None:
    words = ["--role", "customer", "--sub", "alice", "--key", str(tmp_path / "none")]
    said = run("payonce.cli", "token", *words)
    assert said.returncode == 1
    assert said.stderr.startswith("payonce: ")
    assert said.stderr.count("\n") == 1


def test_the_health_check_shows_the_servers_own_certificate(secured: Secured) -> None:
    for prefix, address in zip(("ORDER", "PAYMENT"), secured.addresses, strict=True):
        words = ("shared.rpc.healthcheck", address, prefix)
        assert run(*words, env=dict(secured.keys.settings)).returncode == 0
        assert run(*words).returncode == 1  # which is plain text
