"""No figure without an audit: what was measured must have been right."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def audit(urls: Mapping[str, str]) -> str:
    """`payonce verify` on two databases at rest; the line that it ends with. RuntimeError when anything is wrong."""
    return _payonce(
        "verify",
        environment={**os.environ, "ORDER_DATABASE_URL": urls["orders"], "PAYMENT_DATABASE_URL": urls["payments"]},
    )


def require_audit() -> None:
    """RuntimeError when there is none: better before the rounds than after them."""
    _payonce("verify", "--help", environment=os.environ)


def _payonce(*words: str, environment: Mapping[str, str]) -> str:
    command = [str(Path(sys.executable).with_name("payonce")), *words]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise RuntimeError(f"`payonce {' '.join(words)}` says:\n{ended.stdout}{ended.stderr}")
    return ended.stdout.strip().splitlines()[-1]
